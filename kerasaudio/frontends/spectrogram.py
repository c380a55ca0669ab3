"""A spectrogram laid out as one long signal, for networks that were made for samples.

Source: Chandrasekar, raw-audio tagging of MagnaTagATune (University of Bristol, COMSM0045),
"SpecCNN". The transform is torchaudio's default,
https://docs.pytorch.org/audio/stable/generated/torchaudio.transforms.Spectrogram.html, and the
compression is that of Dieleman and Schrauwen (2014).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.fourier import stft


@dataclass(frozen=True)
class FlatSpectrogram:
    """A power spectrogram as `log(1 + compression * power)`, flattened bin by bin.

    Frames have a periodic Hann window and are centred on multiples of `hop`, with the ends of the
    sound mirrored. All frames of the lowest bin come first, then all frames of the next.

    Args:
        window: Length of a frame in samples, 2 or more.
        hop: Distance between two frames in samples, from 1 to `window`.
        compression: Factor of the power, greater than 0.

    Raises:
        UserError: If a value is out of range.
    """

    window: int = 400
    hop: int = 200
    compression: float = 10_000.0

    def __post_init__(self) -> None:
        if not 1 <= self.hop <= self.window or self.window < 2:
            raise UserError(
                f"frontend FlatSpectrogram has hop {self.hop} and window {self.window}: "
                "expected a window of at least 2 samples and 1 <= hop <= window."
            )
        if not self.compression > 0:
            raise UserError(
                f"frontend FlatSpectrogram has compression {self.compression}: expected more "
                "than 0."
            )

    def __call__(self, inputs: KerasTensor) -> KerasTensor:
        """(..., samples) in [-1, 1] -> (..., bins * frames)."""
        return FlatSpectrogramLayer(**asdict(self), name="spectrogram")(inputs)


@keras.saving.register_keras_serializable("kerasaudio")
class FlatSpectrogramLayer(layers.Layer):
    """The layer of `FlatSpectrogram`. It has no weights.

    Args:
        name: Name of the layer.
        **values: The fields of `FlatSpectrogram`.
    """

    # Exports set it for runtimes that lack the transform: kerasaudio.serving.portable.
    by_convolution = False

    def __init__(self, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.values = FlatSpectrogram(**values)

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(..., samples) in [-1, 1] -> (..., bins * frames)."""
        values = self.values
        sound = ops.cast(inputs, "float32")
        real, imaginary = stft(sound, values.window, values.hop, True, self.by_convolution)
        compressed = ops.log1p(values.compression * (ops.square(real) + ops.square(imaginary)))
        bins_first = ops.swapaxes(compressed, -1, -2)
        return ops.reshape(bins_first, (*ops.shape(inputs)[:-1], self._length(inputs.shape[-1])))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the input shape with `bins * frames` in place of the samples."""
        return (*input_shape[:-1], self._length(input_shape[-1]))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name} | asdict(self.values)

    def _length(self, samples: int | None) -> int:
        assert samples is not None
        bins, frames = self.values.window // 2 + 1, 1 + samples // self.values.hop
        return bins * frames
