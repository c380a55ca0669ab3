"""The samples, for networks that learn their own filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from keras import KerasTensor, layers

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Waveform:
    """Returns the samples as one channel."""

    any_length: ClassVar[bool] = False

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, samples, 1).

        Raises:
            UserError: If the examples are not sound.
        """
        if len(inputs.shape) != 2:
            raise UserError(
                f"frontend Waveform needs sound: found inputs of shape {inputs.shape[1:]}."
            )
        return layers.Reshape((-1, 1), name="waveform", dtype="float32")(inputs)
