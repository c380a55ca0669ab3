"""The samples themselves, for networks that learn their own filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import layers

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Waveform:
    """One channel."""

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, samples) in [-1, 1] -> (batch, samples, 1). Raises UserError where the examples are not sound."""
        if len(inputs.shape) != 2:
            raise UserError(
                f"frontend Waveform needs sound: found inputs of shape {inputs.shape[1:]}."
            )
        return layers.Reshape((-1, 1), name="waveform", dtype="float32")(inputs)
