"""Options of train for several runs at a time, and for going on with earlier ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kerasaudio.commandline import values
from kerasaudio.errors import UserError


def add_several_runs(parser: argparse.ArgumentParser) -> None:
    """Adds --name, --seeds, --folds, --protocols, --from and --resume."""

    def add(name: str, text: str, metavar: str, **kind: Any) -> None:
        parser.add_argument(name, help=text, metavar=metavar, **kind)

    add("--name", "name of the run's folder, which must not be there (default: the experiment's "
        "name with the next number); example: first_try", "FOLDER",
        type=values.folder_name)  # fmt: skip
    add("--seeds", "train N runs under the seeds 0, 1, ..., or from --seed on, and print mean and "
        "spread of their scores (default: one run); example: 5", "N",
        type=values.positive)  # fmt: skip
    add("--folds", "train N runs, each of which tests another fold of the recordings, and score "
        "all together; with --seeds under each seed (default: one run); example: 5", "N",
        type=values.positive)  # fmt: skip
    add("--protocols", "train a run under each of these values of data.split and print the scores "
        "side by side (default: one run); example: random_windows,filtered", "A,B")  # fmt: skip
    add("--from", "start with an earlier run's network and a new last layer, which alone is "
        "trained without --set fit.start.frozen=False (default: all new); "
        "example: runs/gtzan_mlp-001", "RUN", type=Path, dest="earlier")  # fmt: skip
    add("--resume", "go on with an interrupted run, or with a folder of several runs "
        "(default: start a new run); example: runs/gtzan_mlp-001", "RUN", type=Path)  # fmt: skip


def check_several_runs(chosen: argparse.Namespace) -> None:
    """Checks that the options go together.

    Raises:
        UserError: If they do not.
    """
    several = chosen.seeds or chosen.folds
    changed = chosen.set or several or chosen.protocols or chosen.seed is not None
    if chosen.resume and (changed or chosen.name):
        raise UserError(
            "--resume goes on as the run began: "
            "leave --set, --from, --seed, --seeds, --folds, --protocols and --name out."
        )
    if chosen.protocols and several:
        raise UserError("--protocols goes neither with --seeds nor --folds: set only one of them.")
    if chosen.devices and (chosen.workers or chosen.cluster):
        raise UserError(
            "--devices trains in this process, --workers and --cluster train in others: "
            "set only one of them."
        )
