"""Every feature to mean 0 and variance 1, by the statistics of the training examples."""

from dataclasses import dataclass
from typing import Any

from keras import layers


@dataclass(frozen=True)
class Standardize:
    """Statistics are found by `assemble` on the training split alone and saved with the model."""

    def __call__(self, inputs: Any, rate: int | None) -> Any:
        """(batch, features) -> (batch, features), each standardised; a constant feature becomes 0."""
        return layers.Normalization(axis=-1, name="standardize")(inputs)
