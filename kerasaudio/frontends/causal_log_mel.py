"""Log-mel spectrogram of frames that end at the moment that they are about.

A frame's window rises slowly and falls fast, so that the newest sound counts most. A gate that
hears such frames answers without looking ahead.

Source: low-delay analysis windows as in Mauler and Martin, A low delay, variable resolution,
perfect reconstruction spectral analysis-synthesis system for speech enhancement (2007); mel bands
as in `log_mel`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import KerasTensor, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.log_mel import known_rate


@dataclass(frozen=True)
class CausalLogMel:
    """A log-mel spectrogram without look-ahead: one frame a hop, zeros before the beginning.

    Args:
        window: Length of a frame in samples, a power of two.
        hop: Distance between two frames in samples.
        fall: Samples at the end of a frame over which its window falls.
        bands: Number of mel bands.
        min_hz: Lowest frequency in Hz.
        floor: Smallest power of a band, greater than 0.

    Raises:
        UserError: If a value is out of range.
    """

    window: int = 512
    hop: int = 80
    fall: int = 80
    bands: int = 40
    min_hz: float = 60.0
    floor: float = 1e-6

    any_length: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.window < 2 or self.window & (self.window - 1):
            raise UserError(f"frontend.window is {self.window}: expected a power of two.")
        if not (1 <= self.hop <= self.window and 1 <= self.fall < self.window):
            raise UserError(
                f"frontend.hop is {self.hop} and frontend.fall {self.fall}: expected at least 1, "
                f"at most the window of {self.window} and, for fall, less."
            )
        if self.bands < 1 or not self.floor > 0:
            raise UserError(
                f"frontend.bands is {self.bands} and frontend.floor {self.floor}: expected at "
                "least 1 and more than 0."
            )

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, samples // hop, bands) in dB.

        Raises:
            UserError: If the examples are not sound or the range of frequencies is empty.
        """
        rate = known_rate("CausalLogMel", inputs, rate)
        if not 0 <= self.min_hz < rate / 2:
            raise UserError(f"frontend.min_hz is {self.min_hz}: expected 0 to {rate / 2:g} Hz.")
        return CausalLogMelLayer(rate=rate, **asdict(self), name="causal_log_mel")(inputs)


@keras.saving.register_keras_serializable("kerasaudio")
class CausalLogMelLayer(keras.layers.Layer):
    """The layer of `CausalLogMel`. It has no weights; its filters are a constant.

    Args:
        rate: Sampling rate in Hz.
        name: Name of the layer.
        **values: The fields of `CausalLogMel`.
    """

    def __init__(self, rate: int, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.rate = rate
        self.values = CausalLogMel(**values)

    @property
    def past(self) -> int:
        """Samples before a hop that its frame needs."""
        return self.values.window - self.values.hop

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the window, `(window,)`, and the filters, `(bins, bands)`."""
        from librosa.filters import mel  # librosa is slow to import and only needed here

        values = self.values
        self.shape_of_window = fast_falling(values.window, values.fall)
        self.bank = mel(
            sr=self.rate, n_fft=values.window, n_mels=values.bands, fmin=values.min_hz
        ).T.astype(np.float32)

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, samples // hop, bands) in dB."""
        return self.frames(ops.pad(ops.cast(inputs, "float32"), [[0, 0], [self.past, 0]]))

    def frames(self, sound: KerasTensor) -> KerasTensor:
        """(batch, past + samples) -> (batch, samples // hop, bands) in dB."""
        values = self.values
        real, imaginary = ops.stft(
            sound,
            values.window,
            values.hop,
            values.window,
            window=self.shape_of_window,
            center=False,
        )
        power = ops.square(real) + ops.square(imaginary)
        mel = ops.matmul(power, ops.convert_to_tensor(self.bank))
        return 10 * ops.log10(ops.maximum(mel, values.floor))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape `(batch, frames, bands)`; unknown lengths are `None`."""
        samples = input_shape[1]
        frames = None if samples is None else samples // self.values.hop
        return (input_shape[0], frames, self.values.bands)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name, "rate": self.rate} | asdict(self.values)


def fast_falling(window: int, fall: int) -> np.ndarray:
    """Returns a window that rises as half a Hann window and falls as half of a short one.

    Args:
        window: Its length in samples.
        fall: Samples at its end over which it falls.
    """
    rise = window - fall
    up = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    down = 0.5 + 0.5 * np.cos(np.pi * np.arange(fall) / fall)
    return np.concatenate([up, down]).astype(np.float32)
