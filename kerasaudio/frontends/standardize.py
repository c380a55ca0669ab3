"""Every feature scaled to mean 0 and variance 1; principal components of the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Standardize:
    """Scales each feature to mean 0 and variance 1, and may keep principal components alone.

    `kerasaudio.training.assemble` computes what is needed on the training examples alone; it is
    saved with the model.

    Args:
        components: Number of principal components of the scaled features that take their place,
            those with the largest variance; `None` keeps the features.

    Raises:
        UserError: If `components` is below 1.
    """

    components: int | None = None

    any_length: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.components is not None and self.components < 1:
            raise UserError(f"frontend.components is {self.components}: expected at least 1.")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, features) -> (batch, features or components); a constant feature becomes 0.

        Raises:
            UserError: If there are fewer features than components.
        """
        scaled = layers.Normalization(axis=-1, name="standardize")(inputs)
        if self.components is None:
            return scaled
        if self.components > inputs.shape[-1]:
            raise UserError(
                f"frontend.components is {self.components}: the examples have only "
                f"{inputs.shape[-1]} features."
            )
        return PrincipalComponents(self.components, name="components")(scaled)


@keras.saving.register_keras_serializable("kerasaudio")
class PrincipalComponents(layers.Layer):
    """Projects centred features on the directions of their largest variance.

    Args:
        components: Number of directions.
        name: Name of the layer.
    """

    def __init__(self, components: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32", trainable=False)
        self.components = components

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the matrix of the directions, with one of them in each column."""
        self.directions = self.add_weight(
            name="directions",
            shape=(input_shape[-1], self.components),
            initializer="zeros",
            trainable=False,
        )

    def adapt(self, batches: Any) -> None:
        """Computes the directions from batches of features, of shape `(batch, features)`.

        The entry of a direction that is farthest from 0 is positive, so they do not depend on how
        the decomposition is computed.
        """
        features = np.concatenate([np.asarray(batch) for batch in batches]).astype(np.float64)
        _, _, rows = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
        rows = rows[: self.components]
        farthest = np.abs(rows).argmax(axis=1)
        signs = np.sign(rows[np.arange(len(rows)), farthest])
        directions = np.zeros(self.directions.shape, np.float32)
        directions[:, : len(rows)] = (signs[:, None] * rows).T
        self.directions.assign(directions)

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, features) -> (batch, components)."""
        return ops.matmul(inputs, self.directions)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape `(batch, components)`."""
        return (*input_shape[:-1], self.components)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {"name": self.name, "components": self.components}
