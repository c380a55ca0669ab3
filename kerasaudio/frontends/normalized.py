"""The output of another front end, scaled to mean 0 and variance 1 over all training values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from keras import KerasTensor, layers

from kerasaudio.frontends.causal_log_mel import CausalLogMel
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.waveform import Waveform


@dataclass(frozen=True)
class Normalized:
    """Another front end, followed by a normalization with one mean and one variance.

    `kerasaudio.training.assemble` computes both on the training examples alone; they are saved with
    the model.

    Args:
        inner: The front end whose output is normalized.
    """

    inner: LogMel | Waveform | CausalLogMel = LogMel()

    any_length: ClassVar[bool] = False

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> the output shape of the inner front end.

        Raises:
            UserError: If the inner front end does not fit the examples.
        """
        return layers.Normalization(axis=None, name="normalized", dtype="float32")(
            self.inner(inputs, rate)
        )
