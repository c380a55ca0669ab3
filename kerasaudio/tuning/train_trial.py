"""A trial that trains by itself: without a stack and without a run folder."""

from __future__ import annotations

import gc

import keras

from kerasaudio.experiment import Experiment, Splits
from kerasaudio.training.assemble import assemble
from kerasaudio.training.fit import fit


def train_trial(experiment: Experiment, splits: Splits, objective: str) -> list[dict[str, float]]:
    """Trains an experiment without a run folder, and frees its memory.

    Args:
        experiment: The experiment.
        splits: Its splits.
        objective: A column that the history must have.

    Returns:
        One row of metrics for each epoch.

    Raises:
        UserError: If the parts do not fit each other or the loss diverges.
    """
    rows = fit(assemble(experiment, splits.train), experiment, splits, watch=(objective,))
    keras.backend.clear_session(free_memory=True)
    gc.freeze()  # later collections need not look at what this trial leaves behind
    return rows
