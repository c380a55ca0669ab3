"""Trains trials, in this process or in one that knows nothing but what it is handed here."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import keras
import tensorflow as tf
from keras_tuner.errors import FailedTrialError

from kerasaudio.errors import UserError, one_line
from kerasaudio.experiment import Experiment, Splits
from kerasaudio.training.assemble import assemble
from kerasaudio.training.backend import import_keras
from kerasaudio.training.cache import Cache
from kerasaudio.training.fit import fit
from kerasaudio.training.history import Row
from kerasaudio.tuning.loaders import loaders
from kerasaudio.tuning.stacks.blocks import Load, Trainer
from kerasaudio.tuning.stacks.trained import Trained

# What makes a trial fail and lets the search go on: an impossible point, or one that is too large.
IMPOSSIBLE = (FailedTrialError, UserError, MemoryError, tf.errors.OpError)


def train_trial(experiment: Experiment, splits: Splits, objective: str) -> list[Row]:
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


@dataclass(frozen=True)
class Work:
    """What another process needs to train the trials of a search, and what it does.

    Args:
        first: The first possible point of the space.
        root: The data root.
        cache: Cache of what front ends precompute.
        objective: What trials are selected on.
        members: The hash of the examples' names that the search has.
        content: The hash of the examples' content that the search has.
    """

    first: Experiment
    root: Path
    cache: Cache | None
    objective: str
    members: str
    content: str | None

    def check(self) -> None:
        """Checks that this process reads the same data as the search.

        Raises:
            UserError: If it does not.
        """
        import_keras()
        splits = self.load(self.first.data, self.first.frontend)
        if (splits.members_hash(), splits.content) != (self.members, self.content):
            raise UserError(f"{self.root} holds other data there than on the search's machine.")

    @property
    def load(self) -> Load:
        """Returns the splits of a data set, with what the front end precomputes."""
        return _loaders(self)

    def stack(self, experiments: Sequence[Experiment], widths: Sequence[int]) -> list[Trained]:
        """Returns trials after their last epoch, which train as one stack.

        Args:
            experiments: The trials.
            widths: Units of the padded layers, on which dropout's masks depend.
        """
        return _trainer(self).train_stack(experiments, widths)

    def alone(self, experiment: Experiment) -> list[Row]:
        """Returns a row of metrics for each epoch of one trial.

        Raises:
            UserError: If the trial cannot be trained.
        """
        try:
            splits = self.load(experiment.data, experiment.frontend)
            return train_trial(experiment, splits, self.objective)
        except IMPOSSIBLE as error:
            raise UserError(one_line(str(error))) from error


@lru_cache(maxsize=1)
def _loaders(work: Work) -> Load:
    return loaders(work.first, work.root, work.cache)[1]


@lru_cache(maxsize=1)
def _trainer(work: Work) -> Trainer:
    return Trainer(work.load, None)
