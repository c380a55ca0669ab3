"""The best trial of a search as a run: with the weights from its stack, or trained again.

The weights of the best trial so far are kept in `best.npz`, which is written after each stack. At
the end of the search they become `winner/best.keras`, and only then are the test examples scored.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kerasaudio.experiment import Experiment, Splits
from kerasaudio.experiment.serialization import encode
from kerasaudio.runs.folder import Run
from kerasaudio.runs.results import write_results
from kerasaudio.runs.train import announce, begin, resume, train
from kerasaudio.training.assemble import assemble
from kerasaudio.training.cache import Cache
from kerasaudio.training.checkpoint import save_model
from kerasaudio.training.history import write_history
from kerasaudio.tuning.stacks.dense import set_weights
from kerasaudio.tuning.stacks.trained import Trained

FOLDER = "winner"  # in a search's folder: the run of the best trial
WEIGHTS = "best.npz"  # in a search's folder: what the best trial so far was in its stack


def score_best(
    number: str,
    experiment: Experiment,
    name: str,
    splits: Splits,
    root: Path,
    folder: Path,
    cache: Cache | None,
) -> Run:
    """Returns the best trial as a run that is scored on the test split.

    A run that was scored before stays, and one that was interrupted is resumed.

    Args:
        number: Number of the trial.
        experiment: The trial's experiment.
        name: Name of the experiment that was searched.
        splits: The trial's splits.
        root: The data root.
        folder: The search's folder.
        cache: Cache of what front ends precompute.

    Raises:
        UserError: If the files of the run cannot be read or written.
    """
    run = Run(folder / FOLDER)
    begun = run.begun and run.read("experiment.json")["experiment"] == encode(experiment)
    if begun and run.finished:
        return run
    trained = Trained.read(folder / WEIGHTS, number)
    try:
        if begun and not trained:
            return resume(run.path, name, root, cache)
        shutil.rmtree(run.path, ignore_errors=True)
        if trained:
            return leave_stack(trained, experiment, name, splits, root, run.path)
        return train(experiment, name, root, run.path, cache)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            "stopped before the best trial was scored; the same command goes on with it."
        ) from stop


def leave_stack(
    trained: Trained, experiment: Experiment, name: str, splits: Splits, root: Path, path: Path
) -> Run:
    """Returns a trial that trained in a stack as a run that is scored on the test split.

    Args:
        trained: The trial after its last epoch.
        experiment: The trial's experiment.
        name: Name of the experiment that was searched.
        splits: The trial's splits.
        root: The data root.
        path: Folder of the run; it is made.

    Raises:
        UserError: If the files of the run cannot be written.
    """
    model = assemble(experiment, splits.train)
    set_weights(model, trained.weights)
    model.optimizer.build(model.trainable_variables)  # Keras warns if a file lacks its state
    run = begin(experiment, name, splits, root, path)
    save_model(model, run.best_model)
    write_history(run.history, trained.history)
    announce(run, model, experiment, splits, root)
    write_results(run, model, experiment, splits, root, trained.history)
    return run
