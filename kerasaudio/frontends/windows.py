"""A clip cut into windows, each of which is then looked at by itself.

Source: Dieleman and Schrauwen, End-to-end learning for music audio (2014): ten windows of about three seconds a clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import layers, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.spectrogram import FlatSpectrogram


@dataclass(frozen=True)
class Windows:
    """Windows follow one another from the clip's beginning; `inner` sees each of them alone."""

    samples: int = 34_950  # a window
    inner: None | FlatSpectrogram = None  # without one, the samples themselves

    any_length: ClassVar[bool] = True  # of the sound that it takes

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UserError(
                f"frontend.samples is {self.samples}: expected a whole number of at least 1."
            )

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, samples) in [-1, 1] -> (batch, windows, frames, 1). Raises UserError where examples are not sound."""
        if len(inputs.shape) != 2:
            raise UserError(
                f"frontend Windows needs sound: found inputs of shape {inputs.shape[1:]}."
            )
        windows = WindowsLayer(self.samples, name="windows")(inputs)
        each = windows if self.inner is None else self.inner(windows)
        return ops.expand_dims(each, -1)


@keras.saving.register_keras_serializable("kerasaudio")
class WindowsLayer(layers.Layer):
    """`cut` as a layer."""

    def __init__(self, samples: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32", trainable=False)
        self.samples = samples

    def call(self, inputs: Any) -> Any:
        """(batch, samples) -> (batch, windows, samples of a window)."""
        return cut(inputs, self.samples)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As many windows as fit, but at least one."""
        length = input_shape[1]
        return (
            input_shape[0],
            None if length is None else max(length // self.samples, 1),
            self.samples,
        )

    def get_config(self) -> dict[str, Any]:
        """Everything that __init__ takes."""
        return {"name": self.name, "samples": self.samples}


def cut(sound: Any, window: int) -> Any:
    """(batch, samples) of any length -> (batch, windows, window).

    What does not fill a window at the end is left out; sound that is shorter than one is followed by silence.
    """
    length = ops.shape(sound)[1]
    padded = ops.pad(sound, [[0, 0], [0, ops.maximum(window - length, 0)]])
    count = ops.maximum(length // window, 1)
    return ops.reshape(padded[:, : count * window], (-1, count, window))
