"""A spectrogram laid out as one long signal, for networks that were made for samples.

Source: Chandrasekar, raw-audio tagging of MagnaTagATune (University of Bristol, COMSM0045), "SpecCNN"; the transform is
torchaudio's default, https://docs.pytorch.org/audio/stable/generated/torchaudio.transforms.Spectrogram.html, and the
compression that of Dieleman and Schrauwen (2014).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
from keras import layers, ops

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class FlatSpectrogram:
    """Power in linear bins under a periodic Hann window, centred with mirrored ends, as log(1 + compression * power).

    All frames of the lowest bin come first, then all of the next.
    """

    window: int = 400  # samples
    hop: int = 200  # samples
    compression: float = 10_000.0

    def __post_init__(self) -> None:
        if not 1 <= self.hop <= self.window or self.window < 2:
            raise UserError(
                f"frontend FlatSpectrogram has hop {self.hop} and window {self.window}: expected 1 <= hop <= window."
            )
        if not self.compression > 0:
            raise UserError(
                f"frontend FlatSpectrogram has compression {self.compression}: expected more than 0."
            )

    def __call__(self, inputs: Any) -> Any:
        """(..., samples) in [-1, 1] -> (..., bins * frames)."""
        return FlatSpectrogramLayer(**asdict(self), name="spectrogram")(inputs)


@keras.saving.register_keras_serializable("kerasaudio")
class FlatSpectrogramLayer(layers.Layer):
    """FlatSpectrogram as a layer without weights."""

    def __init__(self, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.values = FlatSpectrogram(**values)

    def call(self, inputs: Any) -> Any:
        """(..., samples) -> (..., bins * frames)."""
        values = self.values
        real, imaginary = ops.stft(
            ops.cast(inputs, "float32"), values.window, values.hop, values.window, center=True
        )
        compressed = ops.log1p(values.compression * (ops.square(real) + ops.square(imaginary)))
        bins_first = ops.swapaxes(compressed, -1, -2)
        return ops.reshape(bins_first, (*ops.shape(inputs)[:-1], self._length(inputs.shape[-1])))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """One axis, as long as there are bins times frames."""
        return (*input_shape[:-1], self._length(input_shape[-1]))

    def _length(self, samples: int | None) -> int:
        assert samples is not None
        bins, frames = self.values.window // 2 + 1, 1 + samples // self.values.hop
        return bins * frames

    def get_config(self) -> dict[str, Any]:
        """Everything that __init__ takes."""
        return {"name": self.name} | asdict(self.values)
