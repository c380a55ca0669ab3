"""Put the test scores of finished runs side by side, if all were measured on the same examples.

python -m kerasaudio.compare runs/gtzan_mlp-001 runs/gtzan_mlp-002
python -m kerasaudio.compare runs/audioset_speech-linear-001 runs/audioset_speech-lstm-001
python -m kerasaudio.compare runs

A folder of --seeds or --folds stands for all its runs. A folder of runs, such as runs, becomes one
page with all of them, in groups. Runs of different protocols, splits or members, or of a stand-in
and real data, never share a table. The best run comes first. Two intervals that overlap may still
differ: the difference to the best run has an interval of its own, from the same test clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasaudio.commandline import running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("compare", __doc__ or "")
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="finished run folders or folders of several seeds, two or more; or one folder of runs",
    )
    parser.add_argument(
        "--page",
        type=Path,
        default=Path("compare.html"),
        metavar="FILE",
        help="page that is written (default: %(default)s); example: runs/index.html",
    )
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.runs.compare import compare

    for line in compare(chosen.runs, chosen.page):
        print(line)
    return 0


if __name__ == "__main__":
    running.run(main)
