"""Search an experiment's space with KerasTuner's oracles; the same command goes on after a stop.

python -m kerasaudio.search --experiment gtzan_mlp --strategy grid
python -m kerasaudio.search --experiment gtzan_mlp --strategy random --trials 24 --refit
python -m kerasaudio.search --experiment gtzan_mlp --objective val_macro_f1
python -m kerasaudio.search --experiment gtzan_cnn1d:gap --strategy random --cluster auto

Trials are selected on validation examples, and only the best trial is scored on the test split.
--select-on test selects on the test split itself, as some papers did, and says so wherever the
result is shown. Trials that --workers or a --cluster train have the same numbers as in one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from kerasaudio.commandline import options, running, values
from kerasaudio.commandline.parser import Parser, command_parser
from kerasaudio.data.standins.standin import data_root
from kerasaudio.training.backend import import_keras

STRATEGIES = ("grid", "random", "bayesian", "hyperband")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    chosen = _parser().parse_args(arguments)
    import_keras()
    if chosen.list:
        options.show_list()
        return 0
    from kerasaudio.tuning.search import SearchSettings, search
    from kerasaudio.tuning.space import space_of

    entry, experiment = options.requested(chosen)
    space_of(entry)  # or one line, before a stand-in is made
    names = ("strategy", "trials", "epochs", "select_on", "objective", "refit", "seed")
    settings = {name: getattr(chosen, name) for name in names} | {"assignments": tuple(chosen.set)}
    root = data_root(chosen.data, chosen.runs, experiment)
    if ignored := sorted(name for name in os.environ if name.startswith("KERASTUNER_")):
        print(f"{ignored[0]} has no effect here: --cluster uses more machines", file=sys.stderr)
    machines = options.machines(chosen)
    places = (root, chosen.runs, options.cache(chosen, machines), machines)
    search(entry, SearchSettings(**settings), *places)
    return 0


def _parser() -> Parser:
    parser = command_parser("search", __doc__ or "")
    options.add_experiment(parser)
    options.add_cache(parser)
    options.add_machines(parser, "trials")
    number = {"type": values.positive, "metavar": "N"}

    def add(name: str, text: str, **kind: object) -> None:
        parser.add_argument(name, help=text, **kind)  # type: ignore[arg-type]

    add("--strategy", "how trials are drawn (default: %(default)s); example: random",
        choices=STRATEGIES, default="grid")  # fmt: skip
    add("--trials", "number of trials (default: all of a grid or of Hyperband, otherwise 32); "
        "example: 24", **number)  # fmt: skip
    add("--epochs", "epochs of a trial (default: those of the space); example: 3", **number)
    add("--select-on", "split that trials are selected on (default: %(default)s); example: test",
        choices=("valid", "test"), default="valid")  # fmt: skip
    add("--objective", "what trials are selected on: val_loss, or val_ and the name of a metric "
        "(default: val_accuracy, for tags val_auc); example: val_macro_f1",
        metavar="NAME")  # fmt: skip
    add("--refit", "train the best trial again for as long as the experiment says (default: no)",
        action="store_true")  # fmt: skip
    return parser


if __name__ == "__main__":
    running.run(main)
