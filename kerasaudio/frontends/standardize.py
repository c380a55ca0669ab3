"""Every feature scaled to mean 0 and variance 1 over the training examples."""

from dataclasses import dataclass
from typing import ClassVar

from keras import KerasTensor, layers


@dataclass(frozen=True)
class Standardize:
    """Scales each feature to mean 0 and variance 1.

    `kerasaudio.training.assemble` computes both on the training examples alone; they are saved with
    the model.
    """

    any_length: ClassVar[bool] = False

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, features) -> (batch, features); a constant feature becomes 0."""
        return layers.Normalization(axis=-1, name="standardize")(inputs)
