"""A low-pass filter with a limit of its own for each clip.

Source: Roy, raw-audio tagging of MagnaTagATune (University of Bristol, COMSM0045), the trial with
Fourier transforms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.windows import Windows


@dataclass(frozen=True)
class LowPass:
    """A low-pass filter on the whole clip, followed by another front end.

    The limit is the highest frequency among the loudest bins of the clip's Fourier transform. All
    bins above it are set to 0.

    Args:
        loudest: Number of bins with the largest magnitudes that the limit is taken from.
        inner: Front end that gets the filtered sound.

    Raises:
        UserError: If `loudest` is below 1.
    """

    loudest: int = 20
    inner: Windows = Windows()

    any_length: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.loudest < 1:
            raise UserError(
                f"frontend.loudest is {self.loudest}: expected a whole number of at least 1."
            )

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> the output shape of the inner front end.

        Raises:
            UserError: If the examples are not sound.
        """
        return self.inner(LowPassLayer(self.loudest, name="low_pass")(inputs), rate)


@keras.saving.register_keras_serializable("kerasaudio")
class LowPassLayer(layers.Layer):
    """The filter of `LowPass` as a layer without weights.

    Args:
        loudest: Number of bins with the largest magnitudes that the limit is taken from.
        name: Name of the layer.
    """

    def __init__(self, loudest: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.loudest = loudest

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, samples)."""
        sound = ops.cast(inputs, "float32")
        real, imaginary = ops.rfft(sound)
        bins = ops.shape(real)[1]
        _, loudest = ops.top_k(ops.square(real) + ops.square(imaginary), self.loudest, sorted=False)
        kept = ops.cast(
            ops.arange(bins)[None] <= ops.max(loudest, axis=1, keepdims=True), "float32"
        )
        return ops.irfft((real * kept, imaginary * kept), fft_length=ops.shape(sound)[1])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name, "loudest": self.loudest}
