"""A clip cut into windows.

Source: Dieleman and Schrauwen, End-to-end learning for music audio (2014): ten windows of about
three seconds a clip.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import keras
from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.spectrogram import FlatSpectrogram

FULL_SCALE = 32_768  # of 16-bit samples


@dataclass(frozen=True)
class Windows:
    """Cuts a clip into windows that follow one another from its beginning.

    Args:
        samples: Length of a window in samples.
        inner: Transform that is applied to each window. `None` keeps the samples.
        scale: Values of the samples: "min_max" has the 16-bit range as -1 to 1; "none" has it as it
            is, -32768 to 32767; "log" has the logarithm of 1 plus the 16-bit size, with its sign,
            from -1 to 1; "standard" has mean 0 and variance 1 over the training examples.

    Raises:
        UserError: If `samples` is below 1.
    """

    samples: int = 34_950
    inner: None | FlatSpectrogram = None
    scale: Literal["min_max", "none", "log", "standard"] = "min_max"

    any_length: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UserError(
                f"frontend.samples is {self.samples}: expected a whole number of at least 1."
            )

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, windows, frames, 1).

        Raises:
            UserError: If the examples are not sound.
        """
        if len(inputs.shape) != 2:
            raise UserError(
                f"frontend Windows needs sound: found inputs of shape {inputs.shape[1:]}."
            )
        windows = self._scaled(WindowsLayer(self.samples, name="windows")(inputs))
        transformed = windows if self.inner is None else self.inner(windows)
        return ops.expand_dims(transformed, -1)

    def _scaled(self, windows: KerasTensor) -> KerasTensor:
        if self.scale == "none":
            return layers.Rescaling(FULL_SCALE, name="scaled")(windows)
        if self.scale == "log":
            size = ops.log1p(FULL_SCALE * ops.abs(windows)) / math.log1p(FULL_SCALE)
            return ops.sign(windows) * size
        if self.scale == "standard":
            return layers.Normalization(axis=None, name="scaled", dtype="float32")(windows)
        return windows


@keras.saving.register_keras_serializable("kerasaudio")
class WindowsLayer(layers.Layer):
    """The layer that cuts sound into windows. It has no weights.

    Args:
        samples: Length of a window in samples.
        name: Name of the layer.
    """

    def __init__(self, samples: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32", trainable=False)
        self.samples = samples

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, windows, samples of a window)."""
        return cut(inputs, self.samples)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape `(batch, windows, samples of a window)`, with one window or more."""
        length = input_shape[1]
        return (
            input_shape[0],
            None if length is None else max(length // self.samples, 1),
            self.samples,
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name, "samples": self.samples}


def cut(sound: KerasTensor, window: int, repeats_short: bool = False) -> KerasTensor:
    """Returns the windows of a sound.

    Samples at the end that do not fill a window are dropped.

    Args:
        sound: Tensor of shape `(batch, samples)`, of any length.
        window: Length of a window in samples.
        repeats_short: Whether a sound that is shorter than one window is repeated. Otherwise
            silence follows it.

    Returns:
        Tensor of shape `(batch, windows, window)`.
    """
    length = ops.shape(sound)[1]
    if repeats_short:
        padded = ops.take(sound, ops.arange(ops.maximum(window, length)) % length, axis=1)
    else:
        padded = ops.pad(sound, [[0, 0], [0, ops.maximum(window - length, 0)]])
    count = ops.maximum(length // window, 1)
    return ops.reshape(padded[:, : count * window], (-1, count, window))
