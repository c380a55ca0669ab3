"""The best trial of a search becomes a run: with the weights that it had in its stack, or trained again."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from kerasaudio import options, train
from kerasaudio.experiment import Experiment, fields
from kerasaudio.reports import report
from kerasaudio.runs.runs import Run
from kerasaudio.training import fitting
from kerasaudio.training.assemble import assemble
from kerasaudio.tuning.stacks.blocks import Trained
from kerasaudio.tuning.stacks.stackable import set_weights

KEPT = "best.npz"  # in a search's folder: the weights that the best trial so far had in its stack


def score(
    best: Experiment,
    number: str,
    name: str,
    splits: Any,
    run: Run,
    root: Path,
    chosen: argparse.Namespace,
) -> None:
    """Leave trial `number` in `run`, scored; what was scored before stays, and what was interrupted goes on."""
    begun = run.begun and run.read("experiment.json")["experiment"] == fields.encode(best)
    if begun and run.finished:
        return
    trained = Trained.read(run.path.with_name(KEPT), number)
    try:
        if begun and not trained:
            train.resume(run.path, chosen.experiment, root, options.cache(chosen))
            return
        shutil.rmtree(run.path, ignore_errors=True)
        if trained:
            leave_stack(trained, best, name, splits, root, run.path)
        else:
            train.train(best, name, root, run.path, options.cache(chosen))
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            "stopped before the winner was scored; the same command goes on with it."
        ) from stop


def leave_stack(
    trained: Trained, best: Experiment, name: str, splits: Any, root: Path, path: Path
) -> None:
    """Write a stacked trial as the run that it is, and score it."""
    model = assemble(best, splits.train)
    set_weights(model, trained.weights)
    model.optimizer.build(model.trainable_variables)  # Keras warns of a file without its state
    run = train.begin(best, name, splits, root, path)
    fitting.save_model(model, run.best_model)
    fitting.write_history(run.history, trained.history)
    report.write(
        model, best, splits, run, train.announce(model, best, splits, run, root), trained.history
    )
