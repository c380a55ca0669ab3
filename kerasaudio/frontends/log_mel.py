"""Log-mel spectrogram in decibels: librosa's numbers, computed by keras.ops inside the model.

Source: https://librosa.org/doc/latest/generated/librosa.feature.melspectrogram.html and power_to_db.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class LogMel:
    """librosa's `melspectrogram` with a periodic Hann window, then `power_to_db` (`amplitude_to_db` for power 1).

    `nominal_rate` builds the mel bank as if the sound had another rate than it has: its triangles still span all bins,
    only their spacing differs.
    """

    window: int = 1024  # samples
    hop: int = 512  # samples
    bands: int = 128
    min_hz: float = 0.0
    max_hz: float | None = None  # half the (nominal) rate
    power: Literal[1, 2] = 2  # 1: amplitude
    scale: Literal["slaney", "htk"] = "slaney"
    norm: Literal["slaney", "none"] = "slaney"  # slaney: every triangle has the same area
    centred: bool = (
        True  # frames centred on multiples of the hop, ends mirrored; else only frames that fit
    )
    floor: float = 1e-10  # of power, or of amplitude for power 1
    reference: float | Literal["max"] = 1.0  # what is 0 dB; "max": each example's own maximum
    range_db: float | None = None  # below each example's maximum, what is quieter is lifted to it
    nominal_rate: int | None = None  # Hz

    def __post_init__(self) -> None:
        for name in ("window", "hop", "bands", "nominal_rate"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(
                    f"frontend.{name} is {value}: expected a whole number of at least 1."
                )
        if self.window < 2 or self.hop > self.window:
            raise UserError(
                f"frontend.hop is {self.hop} and frontend.window {self.window}: expected hop <= window."
            )
        if not self.floor > 0 or (self.reference != "max" and not self.reference > 0):
            raise UserError(
                f"frontend.floor {self.floor} and frontend.reference {self.reference} must be above 0."
            )
        if self.range_db is not None and self.range_db < 0:
            raise UserError(f"frontend.range_db is {self.range_db}: expected 0 or more.")

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, samples) in [-1, 1] -> (batch, frames, bands) in dB, float32 under any precision policy.

        Raises UserError where the examples are not sound and where the range of frequencies is empty.
        """
        if rate is None or len(inputs.shape) != 2:
            raise UserError(
                f"frontend LogMel needs sound of a known rate: found inputs of shape {inputs.shape[1:]}."
            )
        highest = (self.nominal_rate or rate) / 2
        if not 0 <= self.min_hz < (self.max_hz or highest) <= highest:
            raise UserError(
                f"frontend.min_hz {self.min_hz} and frontend.max_hz {self.max_hz} are no range in 0 to {highest} Hz."
            )
        return LogMelLayer(rate=rate, **asdict(self), name="log_mel")(inputs)


@keras.saving.register_keras_serializable("kerasaudio")
class LogMelLayer(keras.layers.Layer):
    """LogMel as a layer without weights; its bank of filters is a constant made from its fields."""

    runs_ahead = True  # of training, once for all of it: kerasaudio.training.precompute

    def __init__(self, rate: int, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.rate = rate
        self.values = LogMel(**values)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the bank, (bins, bands)."""
        from librosa.filters import mel

        values = self.values
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

    def call(self, inputs: Any) -> Any:
        """(batch, samples) -> (batch, frames, bands) in dB."""
        values = self.values
        real, imaginary = ops.stft(
            ops.cast(inputs, "float32"),
            values.window,
            values.hop,
            values.window,
            center=values.centred,
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
        """(batch, frames, bands)."""
        samples, values = input_shape[1], self.values
        if samples is None:
            return (input_shape[0], None, values.bands)
        padded = samples + values.window // 2 * 2 if values.centred else samples
        return (input_shape[0], 1 + (padded - values.window) // values.hop, values.bands)

    def get_config(self) -> dict[str, Any]:
        """Everything that __init__ takes."""
        return {"name": self.name, "rate": self.rate} | asdict(self.values)
