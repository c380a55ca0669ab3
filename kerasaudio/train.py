"""Train an experiment: best weights, scores, predictions and a report in a run folder.

python -m kerasaudio.train --experiment gtzan_mlp
python -m kerasaudio.train --experiment gtzan_mlp --data ROOT --set data.split=filtered --seeds 5
python -m kerasaudio.train --experiment own_sound:cnn2d --data . --set data.path=music --folds 5
python -m kerasaudio.train --experiment mine.py --from runs/gtzan_mlp-001
python -m kerasaudio.train --resume runs/gtzan_mlp-001
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio import options
from kerasaudio.errors import UserError
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    chosen = _parse(arguments)
    started = time.perf_counter()
    importing = import_keras()
    if chosen.list:
        options.show_list()
        return 0
    if chosen.show:
        options.show_fields(chosen.show, chosen.set)
        return 0
    from kerasaudio.runs import launch

    cache = options.cache(chosen)
    if chosen.resume:
        launch.go_on(chosen.resume, chosen.experiment, chosen.data, cache)
    else:
        entry, experiment = options.requested(chosen)
        names = ("data", "runs", "seed", "seeds", "folds", "name")
        settings = launch.Settings(**{name: getattr(chosen, name) for name in names})
        launch.start(entry, experiment, settings, chosen.protocols, cache)
    rest = time.perf_counter() - started - importing
    print(f"time      importing Keras {importing:.1f} s, everything after that {rest:.1f} s")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = options.parser("train", __doc__ or "")
    options.add_experiment(parser)
    options.add_cache(parser)

    def add(name: str, text: str, metavar: str, **kind: Any) -> None:
        parser.add_argument(name, help=text, metavar=metavar, **kind)

    add("--show", "show all fields of an experiment, after --set, and stop; example: gtzan_mlp",
        "NAME")  # fmt: skip
    add("--name", "name of the run's folder, which must not be there (default: the experiment's "
        "name with the next number); example: first_try", "FOLDER",
        type=options.folder_name)  # fmt: skip
    add("--seeds", "train N runs under the seeds 0, 1, ... and print mean and spread of their "
        "scores (default: one run); example: 5", "N", type=options.positive)  # fmt: skip
    add("--folds", "train N runs, each of which tests another fold of the recordings, and score "
        "all together; with --seeds under each seed (default: one run); example: 5", "N",
        type=options.positive)  # fmt: skip
    add("--protocols", "train a run under each of these values of data.split and print the scores "
        "side by side (default: one run); example: random_windows,filtered", "A,B")  # fmt: skip
    add("--from", "start with an earlier run's network and a new last layer, which alone is "
        "trained without --set fit.start.frozen=False (default: all new); "
        "example: runs/gtzan_mlp-001", "RUN", type=Path, dest="earlier")  # fmt: skip
    add("--resume", "go on with an interrupted run, or with a folder of several runs "
        "(default: start a new run); example: runs/gtzan_mlp-001", "RUN", type=Path)  # fmt: skip
    chosen = parser.parse_args(arguments)
    if chosen.earlier:
        chosen.set[:0] = ["fit.start=Pretrained", f"fit.start.run={chosen.earlier.resolve()}"]
    several = chosen.seeds or chosen.folds
    changed = chosen.set or several or chosen.protocols or chosen.seed is not None
    if chosen.resume and (changed or chosen.name):
        raise UserError(
            "--resume goes on as the run began: "
            "leave --set, --from, --seed, --seeds, --folds, --protocols and --name out."
        )
    if chosen.protocols and several:
        raise UserError("--protocols goes neither with --seeds nor --folds: set only one of them.")
    return chosen


if __name__ == "__main__":
    options.run(main)
