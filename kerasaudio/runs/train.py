"""Trains an experiment into a run folder, or goes on with an interrupted run."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

import keras

from kerasaudio.data.progress import duration
from kerasaudio.data.standins.standin import is_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, Splits, serialization, with_facts
from kerasaudio.runs.environment import environment
from kerasaudio.runs.folder import Run, create_folder
from kerasaudio.runs.lock import lock
from kerasaudio.runs.results import write_results
from kerasaudio.scoring.provenance import provenance, selected_on
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.cache import Cache
from kerasaudio.training.callbacks import EpochProgress
from kerasaudio.training.checkpoint import BEGUN, Checkpoint
from kerasaudio.training.devices import count
from kerasaudio.training.fit import fit
from kerasaudio.training.history import Row, read_history
from kerasaudio.training.precompute import load_splits


def train(
    experiment: Experiment, name: str, root: Path, path: Path, cache: Cache | None = None
) -> Run:
    """Trains an experiment into a new folder.

    Everything that can be wrong with the input is found before the folder is made.

    Args:
        experiment: The experiment.
        name: Its name, for the report and for resuming.
        root: The data root.
        path: The new folder.
        cache: Cache of what the front end precomputes, or `None`.

    Raises:
        UserError: If the data or the experiment is not as expected.
    """
    experiment = with_facts(experiment, root)
    splits = load_splits(experiment, root, cache)
    model = assemble(experiment, splits.train)
    run = begin(experiment, name, splits, root, path)
    return _fit_and_score(run, model, experiment, splits, root)


def resume(
    path: Path, file: str | None = None, data: Path | None = None, cache: Cache | None = None
) -> Run:
    """Goes on with an interrupted run, exactly where it was.

    Args:
        path: The run's folder.
        file: The run's experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that the run began with.
        cache: Cache of what the front end precomputes, or `None`.

    Raises:
        UserError: If the run is finished, or if its data has changed.
    """
    run = Run(path)
    experiment = run.experiment(file)
    _check_unfinished(run)
    root = data or run.data_root()
    began = run.read("environment.json").get("devices", 1)
    if began != count():
        print(f"devices   {began} when the run began, {count()} now: other last digits follow")
    splits = run.load_splits(experiment, root, cache)
    return _fit_and_score(run, assemble(experiment, splits.train), experiment, splits, root)


def begin(experiment: Experiment, name: str, splits: Splits, root: Path, path: Path) -> Run:
    """Makes a run's folder with the files that say what it is a run of.

    Args:
        experiment: The experiment.
        name: Its name.
        splits: Its splits.
        root: The data root.
        path: The new folder.
    """
    value = {"name": name, "experiment": serialization.encode(experiment)}
    run = Run(create_folder(path))
    run.write("experiment.json", value)
    run.write("environment.json", environment(root, experiment.fit.seed))
    run.write("splits.json", _described(experiment, splits, root))
    return run


def announce(
    run: Run, model: keras.Model, experiment: Experiment, splits: Splits, root: Path
) -> None:
    """Prints what is trained on what, and where.

    Args:
        run: The run.
        model: The whole model.
        experiment: The run's experiment.
        splits: Its splits.
        root: The data root.
    """
    measured_on = provenance(experiment, splits, "test", root)
    print(f"data      {measured_on}; {len(splits.train)} train, {len(splits.valid)} valid")
    for note, value in splits.notes.items():
        print(f"          {note}: {value}")
    weights = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    print(f"model     {weights:,} weights")
    print(f"run       {run.path}")


def own_file(name: str) -> str | None:
    """Returns the experiment file of one's own that the name of an experiment begins with."""
    file = name.partition(":")[0]
    return file if file.endswith(".py") else None


def resume_command(path: Path, name: str) -> str:
    """Returns the command that goes on with an interrupted run.

    Args:
        path: The run's folder.
        name: Name of its experiment.
    """
    file = own_file(name)
    own = f" --experiment {file}" if file else ""
    return f"python -m kerasaudio.train --resume {path}{own}"


def _fit_and_score(
    run: Run, model: keras.Model, experiment: Experiment, splits: Splits, root: Path
) -> Run:
    announce(run, model, experiment, splits, root)
    started = time.perf_counter()
    try:
        with lock(run.path):
            _check_writable(run)
            _check_unfinished(run)  # another process may have held the lock until now
            history = _fit(run, model, experiment, splits)
            print(f"time      training {duration(time.perf_counter() - started)}")
            write_results(run, model, experiment, splits, root, history)
            for state in (run.last_state, run.path / BEGUN):
                state.unlink(missing_ok=True)
    except KeyboardInterrupt as stop:
        saved = len(read_history(run.history)) if run.last_state.is_file() else 0
        told = str(stop) or f"{saved} epochs are saved"
        raise KeyboardInterrupt(
            f"stopped; {told}. Go on with: {resume_command(run.path, run.name)}"
        ) from stop
    return run


def _check_writable(run: Run) -> None:
    if not os.access(run.path, os.W_OK):
        raise UserError(f"{run.path} cannot be written to: give it write permission, or copy it.")


def _check_unfinished(run: Run) -> None:
    if run.finished:
        raise UserError(f"{run.path} is finished: there is nothing to resume.")


def _fit(run: Run, model: keras.Model, experiment: Experiment, splits: Splits) -> list[Row]:
    steps = pipeline.steps_per_epoch(splits.train, experiment.fit.batch_size)
    callbacks = [
        keras.callbacks.TensorBoard(run.path / "tensorboard", write_graph=False),
        EpochProgress(experiment.fit.epochs, steps),
    ]
    checkpoint = Checkpoint(run.path, model)
    return fit(model, experiment, splits, checkpoint, callbacks=callbacks)


def _described(experiment: Experiment, splits: Splits, root: Path) -> dict[str, Any]:
    """What splits.json holds."""
    return {
        "protocol": experiment.data.protocol,
        "selected_on": selected_on(experiment, splits),
        "synthetic": is_standin(root),
        "members": splits.members_hash(),
        "content": splits.content,
        "n": {name: len(examples) for name, examples in splits},
        "labels": {name: examples.counts(experiment.data.labels) for name, examples in splits},
        "notes": dict(splits.notes),
    }
