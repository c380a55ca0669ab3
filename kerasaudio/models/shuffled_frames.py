"""A network that is trained on frames in random order.

Source: none; chosen here. A network on whole clips has separate weights for every place in time,
but a sound can occur anywhere in a clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from kerasaudio.models.embedding_conv1d import EmbeddingConv1D
from kerasaudio.models.embedding_conv2d import EmbeddingConv2D
from kerasaudio.models.embedding_linear import EmbeddingLinear
from kerasaudio.models.embedding_transformer import EmbeddingTransformer


@dataclass(frozen=True)
class ShuffledFrames:
    """A network that gets the frames of each clip in a new random order in every training step.

    Outside of training the frames keep their order.

    Args:
        network: The network.
    """

    network: EmbeddingConv1D | EmbeddingConv2D | EmbeddingLinear | EmbeddingTransformer = (
        EmbeddingConv1D()
    )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        return self.network(ShuffleInTraining()(features), labels)


@keras.saving.register_keras_serializable("kerasaudio")
class ShuffleInTraining(layers.Layer):
    """Shuffles the second axis in training, in another order for each example.

    Args:
        seed: Seed of the random orders. `None` takes a random seed.
        **settings: Settings of every Keras layer, such as `name`.
    """

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, features: KerasTensor, training: bool = False) -> KerasTensor:
        """(batch, frames, bands) -> (batch, frames, bands)."""
        if not training:
            return features
        order = ops.argsort(
            keras.random.uniform(ops.shape(features)[:2], seed=self.generator), axis=1
        )
        return ops.take_along_axis(features, order[..., None], axis=1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the input shape."""
        return shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "seed": self.seed}
