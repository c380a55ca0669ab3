"""A clip without what is above the highest of its loudest frequencies.

Source: Roy, raw-audio tagging of MagnaTagATune (University of Bristol, COMSM0045), the trial with Fourier transforms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import layers, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.windows import Windows


@dataclass(frozen=True)
class LowPass:
    """Of the whole clip's Fourier transform, everything above the highest of the `loudest` bins is set to 0."""

    loudest: int = 20  # bins of the largest magnitude
    inner: Windows = Windows()

    any_length: ClassVar[bool] = True  # of the sound that it takes

    def __post_init__(self) -> None:
        if self.loudest < 1:
            raise UserError(
                f"frontend.loudest is {self.loudest}: expected a whole number of at least 1."
            )

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, samples) in [-1, 1] -> the inner front end's shape."""
        return self.inner(LowPassLayer(self.loudest, name="low_pass")(inputs), rate)


@keras.saving.register_keras_serializable("kerasaudio")
class LowPassLayer(layers.Layer):
    """LowPass as a layer without weights."""

    def __init__(self, loudest: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.loudest = loudest

    def call(self, inputs: Any) -> Any:
        """(batch, samples) -> (batch, samples)."""
        sound = ops.cast(inputs, "float32")
        real, imaginary = ops.rfft(sound)
        bins = ops.shape(real)[1]
        _, loudest = ops.top_k(ops.square(real) + ops.square(imaginary), self.loudest, sorted=False)
        kept = ops.cast(
            ops.arange(bins)[None] <= ops.max(loudest, axis=1, keepdims=True), "float32"
        )
        return ops.irfft((real * kept, imaginary * kept), fft_length=ops.shape(sound)[1])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """That of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Everything that __init__ takes."""
        return {"name": self.name, "loudest": self.loudest}
