"""Random masks over a spectrogram.

Source: Park et al. 2019, SpecAugment (arXiv 1904.08779), without its time warping.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import keras
from keras import KerasTensor, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.augmentation import AugmentationLayer, check


@dataclass(frozen=True)
class SpecAugment:
    """Masks bands of frequencies and stretches of time with the lowest value of the example.

    Each mask has a random width, from 0 to the largest one, at a random place.

    Args:
        frequency_masks: Number of masks over frequencies.
        bands: Largest width of such a mask in bands.
        time_masks: Number of masks over time.
        frames: Largest width of such a mask in frames.

    Raises:
        UserError: If a value is negative.
    """

    frequency_masks: int = 2
    bands: int = 16
    time_masks: int = 2
    frames: int = 16

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            check(self, name, value >= 0, "0 or more")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, frames, bands) -> (batch, frames, bands).

        Raises:
            UserError: If the inputs are no spectrograms.
        """
        if len(inputs.shape) != 3:
            raise UserError(
                "frontend SpecAugment masks spectrograms: "
                f"found inputs of shape {inputs.shape[1:]}."
            )
        return SpecAugmentLayer(**asdict(self), name="spec_augment")(inputs)


@keras.saving.register_keras_serializable("kerasaudio")
class SpecAugmentLayer(AugmentationLayer):
    """The layer of `SpecAugment`."""

    def changed(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the inputs with masks."""
        values, (_, frames, bands) = self.values, ops.shape(inputs)
        masked = ops.zeros_like(inputs, dtype="bool")
        for _ in range(values["frequency_masks"]):
            masked = ops.logical_or(masked, self._mask(inputs, bands, values["bands"])[:, None])
        for _ in range(values["time_masks"]):
            masked = ops.logical_or(masked, self._mask(inputs, frames, values["frames"])[..., None])
        return ops.where(masked, ops.min(inputs, axis=(1, 2), keepdims=True), inputs)

    def _mask(self, inputs: KerasTensor, size: int, largest: int) -> KerasTensor:
        """(batch, size): whether a place is masked."""
        widths = ops.cast(ops.minimum(largest, size) + 1, "float32")
        width = ops.floor(self.uniform(inputs) * widths)
        start = ops.floor(self.uniform(inputs) * (ops.cast(size, "float32") - width + 1))
        places = ops.cast(ops.arange(size), "float32")[None]
        return ops.logical_and(places >= start, places < start + width)
