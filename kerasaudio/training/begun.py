"""An epoch that was interrupted, and what it takes to go on in the middle of it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from kerasaudio.data.files import written
from kerasaudio.errors import DAMAGED, UserError

STEPS = "steps"  # member of the file; the others are numbered


@dataclass(frozen=True)
class Begun:
    """What an epoch has besides the weights and the optimizer.

    Args:
        steps: Number of steps that were done.
        state: Values of the metrics and of the random generators.
    """

    steps: int
    state: Sequence[np.ndarray]

    @classmethod
    def of(cls, model: keras.Model, steps: int) -> Begun:
        """Returns the state of a model in the middle of an epoch.

        Args:
            model: The model that trains.
            steps: Number of steps of the epoch that were done.
        """
        return cls(steps, [np.asarray(each) for each in _variables(model)])

    def restore(self, model: keras.Model) -> None:
        """Gives a model the state."""
        for variable, value in zip(_variables(model), self.state, strict=True):
            variable.assign(value)

    def write(self, path: Path) -> None:
        """Writes the state, whole or not at all.

        Raises:
            UserError: If it cannot be written.
        """
        members = {str(number): value for number, value in enumerate(self.state)}
        with written(path) as partial, partial.open("wb") as file:
            np.savez(file, **{STEPS: np.array(self.steps)}, **members)

    @classmethod
    def read(cls, path: Path, steps: int) -> Begun:
        """Returns the state of a file.

        Args:
            path: The file.
            steps: Number of steps that the weights have done in the epoch.

        Raises:
            UserError: If the file is missing, damaged or of another moment.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                if int(found[STEPS]) != steps:
                    raise ValueError(f"it is of step {found[STEPS]}, the weights are of {steps}")
                return cls(steps, [found[str(number)] for number in range(len(found) - 1)])
        except (*DAMAGED, zipfile.BadZipFile, zlib.error) as error:
            raise UserError(f"{path} is damaged ({error}): train again.") from error


def _variables(model: keras.Model) -> list[keras.Variable]:
    seeds = [each for each in model.variables if each.path.endswith("seed_generator_state")]
    return [*seeds, *model.metrics_variables]
