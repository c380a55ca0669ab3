"""The scale of AudioSet's bytes."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from keras import KerasTensor, layers, ops


@dataclass(frozen=True)
class Scaling:
    """Rescales bytes. Frames of 0 are padding and stay 0.

    Args:
        scale: "none" keeps 0 to 255; "unit" gives 0 to 1; "whitened" gives -2 to 2, the range of
            the features before they became bytes; "log" gives the natural logarithm of 1 + byte;
            "standardize" gives each band mean 0 and variance 1 over the training examples.
    """

    scale: Literal["none", "unit", "whitened", "log", "standardize"] = "none"

    any_length: ClassVar[bool] = False

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, frames, bands) in [0, 255] -> (batch, frames, bands)."""
        if self.scale == "none":
            return inputs
        real = ops.any(inputs != 0, axis=-1, keepdims=True)
        return self._scaled(inputs) * ops.cast(real, inputs.dtype)

    def _scaled(self, inputs: KerasTensor) -> KerasTensor:
        if self.scale == "unit":
            return layers.Rescaling(1 / 255)(inputs)
        if self.scale == "whitened":
            return layers.Rescaling(4 / 255, offset=-2)(inputs)
        if self.scale == "log":
            return ops.log1p(inputs)
        return layers.Normalization(axis=-1, name="standardize")(inputs)
