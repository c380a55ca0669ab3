"""Log-mel spectrogram in decibels, computed inside the model with the numbers of librosa.

Source: https://librosa.org/doc/latest/generated/librosa.feature.melspectrogram.html and
power_to_db.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import keras
import numpy as np
from keras import KerasTensor, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.fourier import stft


@dataclass(frozen=True)
class LogMel:
    """A log-mel spectrogram, equal to that of librosa.

    It is `librosa.feature.melspectrogram` with a periodic Hann window, followed by `power_to_db`,
    or by `amplitude_to_db` if `power` is 1.

    Args:
        window: Length of a frame in samples, 2 or more.
        hop: Distance between two frames in samples, from 1 to `window`.
        bands: Number of mel bands. Where a window is short, some of the lowest lie between two bins
            of its spectrum, and are constant.
        min_hz: Lowest frequency in Hz.
        max_hz: Highest frequency in Hz. `None` is half of `nominal_rate` or, without one, of the
            sampling rate.
        power: 2 for a power spectrum, 1 for an amplitude spectrum.
        scale: Formula of the mel scale, "slaney" or "htk".
        norm: "slaney" gives all filters the same area; "none" leaves them as they are.
        centred: Whether frames are centred on multiples of `hop`, with the ends of the sound
            mirrored. Otherwise there are only frames that fit into the sound.
        floor: Smallest power (amplitude if `power` is 1) of a band, greater than 0.
        reference: Power (amplitude if `power` is 1) that becomes 0 dB, greater than 0. "max" takes
            the maximum of each example.
        range_db: Distance in dB from the maximum of an example; quieter values are raised to it.
            `None` raises none.
        nominal_rate: Sampling rate in Hz for which the filters are made. `None` is the actual one.
            The filters cover all bins of the spectrum in either case; only their spacing differs.

    Raises:
        UserError: If a value is out of range.
    """

    window: int = 1024
    hop: int = 512
    bands: int = 128
    min_hz: float = 0.0
    max_hz: float | None = None
    power: Literal[1, 2] = 2
    scale: Literal["slaney", "htk"] = "slaney"
    norm: Literal["slaney", "none"] = "slaney"
    centred: bool = True
    floor: float = 1e-10
    reference: float | Literal["max"] = 1.0
    range_db: float | None = None
    nominal_rate: int | None = None

    any_length: ClassVar[bool] = False

    def __post_init__(self) -> None:
        sizes = {"window": self.window, "hop": self.hop, "bands": self.bands}
        for name, value in {**sizes, "nominal_rate": self.nominal_rate}.items():
            if value is not None and value < 1:
                raise UserError(
                    f"frontend.{name} is {value}: expected a whole number of at least 1."
                )
        if self.window < 2 or self.hop > self.window:
            raise UserError(
                f"frontend.hop is {self.hop} and frontend.window {self.window}: "
                "expected a window of at least 2 samples and hop <= window."
            )
        if not self.floor > 0 or (self.reference != "max" and not self.reference > 0):
            raise UserError(
                f"frontend.floor {self.floor} and frontend.reference {self.reference} "
                "must be above 0."
            )
        if self.range_db is not None and not self.range_db > 0:
            raise UserError(f"frontend.range_db is {self.range_db}: expected more than 0.")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, frames, bands) in dB.

        The output is float32 under every precision policy.

        Raises:
            UserError: If the examples are not sound or the range of frequencies is empty.
        """
        rate = known_rate("LogMel", inputs, rate)
        highest = (self.nominal_rate or rate) / 2
        if not 0 <= self.min_hz < (self.max_hz or highest) <= highest:
            raise UserError(
                f"frontend.min_hz {self.min_hz} and frontend.max_hz {self.max_hz} "
                f"are no range in 0 to {highest} Hz."
            )
        return LogMelLayer(rate=rate, **asdict(self), name="log_mel")(inputs)


def known_rate(frontend: str, inputs: KerasTensor, rate: int | None) -> int:
    """Returns the sampling rate of inputs that are sound, `(batch, samples)`.

    Args:
        frontend: Name of the front end, for the message.
        inputs: What it is given.
        rate: The sampling rate in Hz, `None` for what is no sound.

    Raises:
        UserError: If the inputs are no sound.
    """
    if rate is None or len(inputs.shape) != 2:
        raise UserError(
            f"frontend {frontend} needs sound of a known rate: "
            f"found inputs of shape {inputs.shape[1:]}."
        )
    return rate


@keras.saving.register_keras_serializable("kerasaudio")
class LogMelLayer(keras.layers.Layer):
    """The layer of `LogMel`. It has no weights; its filters are a constant.

    Args:
        rate: Sampling rate in Hz.
        name: Name of the layer.
        **values: The fields of `LogMel`.
    """

    # Training computes this layer's output once for all epochs: kerasaudio.training.precompute.
    runs_ahead = True
    # Exports set it for runtimes that lack the transform: kerasaudio.serving.portable.
    by_convolution = False

    def __init__(self, rate: int, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.rate = rate
        self.values = LogMel(**values)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the filters, an array of shape `(bins, bands)`."""
        from librosa.filters import mel  # librosa is slow to import and only needed here

        values = self.values
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Empty filters", UserWarning)  # see `LogMel.bands`
            self.bank = mel(
                sr=values.nominal_rate or self.rate,
                n_fft=values.window,
                n_mels=values.bands,
                fmin=values.min_hz,
                fmax=values.max_hz,
                htk=values.scale == "htk",
                norm=None if values.norm == "none" else "slaney",
                dtype=np.float32,
            ).T

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, frames, bands) in dB."""
        values = self.values
        sound = ops.cast(inputs, "float32")
        real, imaginary = stft(
            sound, values.window, values.hop, values.centred, self.by_convolution
        )
        power = ops.square(real) + ops.square(imaginary)
        spectrum = power if values.power == 2 else ops.sqrt(power)
        mel = ops.maximum(ops.matmul(spectrum, ops.convert_to_tensor(self.bank)), values.floor)
        peak = ops.max(mel, axis=(1, 2), keepdims=True)
        reference = peak if values.reference == "max" else max(values.reference, values.floor)
        decibels = 20 / values.power * (ops.log10(mel) - ops.log10(reference))
        if values.range_db is None:
            return decibels
        loudest = ops.max(decibels, axis=(1, 2), keepdims=True)
        return ops.maximum(decibels, loudest - values.range_db)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape `(batch, frames, bands)`; unknown lengths are `None`."""
        samples, values = input_shape[1], self.values
        if samples is None:
            return (input_shape[0], None, values.bands)
        padded = samples + values.window // 2 * 2 if values.centred else samples
        return (input_shape[0], 1 + (padded - values.window) // values.hop, values.bands)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name, "rate": self.rate} | asdict(self.values)
