"""Random changes of training examples, drawn anew for each one in every epoch, inside the model.

A layer here does nothing but while a model trains. Its generator has a state of its own, which
training sets by the epoch's number, as that of dropout.
"""

from __future__ import annotations

from typing import Any

from keras import KerasTensor, layers, ops, random

from kerasaudio.errors import UserError


def check(augmentation: object, name: str, good: bool, expected: str) -> None:
    """Checks a field of an augmentation.

    Args:
        augmentation: The augmentation.
        name: Name of the field.
        good: Whether its value is good.
        expected: What was expected, in words.

    Raises:
        UserError: If it is not.
    """
    if not good:
        kind, value = type(augmentation).__name__, getattr(augmentation, name)
        raise UserError(f"frontend {kind}.{name} is {value}: expected {expected}.")


class AugmentationLayer(layers.Layer):
    """A layer that changes its inputs while a model trains, and returns them otherwise.

    Args:
        name: Name of the layer.
        **values: Everything else that it is made of; members of `values`.
    """

    # The cache of what runs ahead leaves this layer out: kerasaudio.training.precompute.
    training_only = True

    def __init__(self, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.values = values
        self.seed_generator = random.SeedGenerator()

    def call(self, inputs: KerasTensor, training: bool | None = None) -> KerasTensor:
        """(batch, ...) -> the same shape."""
        return self.changed(inputs) if training else inputs

    def changed(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the inputs, changed at random."""
        raise NotImplementedError

    def uniform(self, inputs: KerasTensor, low: float = 0.0, high: float = 1.0) -> KerasTensor:
        """Returns a random number for each example, of shape `(batch, 1)`."""
        return random.uniform((ops.shape(inputs)[0], 1), low, high, seed=self.seed_generator)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name} | self.values
