"""The scale on which an architecture sees AudioSet's bytes."""

from dataclasses import dataclass
from typing import Any, Literal

from keras import layers, ops


@dataclass(frozen=True)
class Scaling:
    """Padding, which is frames of 0, stays 0 under every scale.

    none: 0 to 255. unit: 0 to 1. whitened: -2 to 2, as the features were before they became bytes. log: natural
    logarithm of 1 + byte. standardize: each band to mean 0 and variance 1 by the training examples.
    """

    scale: Literal["none", "unit", "whitened", "log", "standardize"] = "none"

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, frames, bands) bytes -> (batch, frames, bands)."""
        if self.scale == "none":
            return inputs
        real = ops.any(inputs != 0, axis=-1, keepdims=True)
        return self._scaled(inputs) * ops.cast(real, inputs.dtype)

    def _scaled(self, inputs: Any) -> Any:
        if self.scale == "unit":
            return layers.Rescaling(1 / 255)(inputs)
        if self.scale == "whitened":
            return layers.Rescaling(4 / 255, offset=-2)(inputs)
        if self.scale == "log":
            return ops.log1p(inputs)
        return layers.Normalization(axis=-1, name="standardize")(inputs)
