"""Look at a data set before training on it: a page about its table of features.

python -m kerasaudio.explore gtzan --data ROOT
python -m kerasaudio.explore own_table --data ROOT --set data.path=FILE.csv --out page.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.data.files import write_text
from kerasaudio.data.standins.standin import data_root
from kerasaudio.errors import UserError
from kerasaudio.experiment import data_sets
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("explore", __doc__ or "")
    options.add_set_name(
        parser,
        "data set with a table, or an experiment or own .py file that uses it; example: gtzan",
    )
    options.add_data(parser)
    options.add_runs(parser, "stand-in, if one is made")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PAGE.html",
        help="file that gets the page (default: SET.html); example: gtzan.html",
    )
    chosen = parser.parse_args(arguments)
    out = chosen.out or Path(f"{Path(chosen.name).stem.replace(':', '-')}.html")
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent}: choose another --out.")
    import_keras()
    from kerasaudio.reports.exploration_page import explored_page

    experiment = data_sets.find(chosen.name, "table", chosen.set)
    page, summary = explored_page(experiment.data, data_root(chosen.data, chosen.runs, experiment))
    write_text(out, page)
    for line in summary:
        print(line)
    print(f"page      {out}")
    return 0


if __name__ == "__main__":
    running.run(main)
