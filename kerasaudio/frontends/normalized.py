"""Another front end's output to mean 0 and variance 1, by one mean and one variance of all training values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import layers

from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.waveform import Waveform


@dataclass(frozen=True)
class Normalized:
    """Statistics are found by `assemble` on the training split alone and saved with the model."""

    inner: LogMel | Waveform = LogMel()

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, samples) in [-1, 1] -> the inner front end's shape, standardised."""
        return layers.Normalization(axis=None, name="normalized", dtype="float32")(
            self.inner(inputs, rate)
        )
