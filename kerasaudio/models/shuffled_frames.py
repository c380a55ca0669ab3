"""A network that is trained on frames in random order, and so can't learn when in a clip something is heard.

Source: none, chosen here. A network on whole clips has a weight for every place in time, where a sound may fall on any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from kerasaudio.models.embedding_conv1d import EmbeddingConv1D
from kerasaudio.models.embedding_conv2d import EmbeddingConv2D
from kerasaudio.models.embedding_linear import EmbeddingLinear
from kerasaudio.models.embedding_transformer import EmbeddingTransformer


@dataclass(frozen=True)
class ShuffledFrames:
    """`network`, to which training gives each clip's frames in a new random order every epoch."""

    network: EmbeddingConv1D | EmbeddingConv2D | EmbeddingLinear | EmbeddingTransformer = (
        EmbeddingConv1D()
    )

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, bands) -> (batch, labels) logits."""
        return self.network(ShuffleInTraining()(features), labels)


@keras.saving.register_keras_serializable("kerasaudio")
class ShuffleInTraining(layers.Layer):
    """In training the second axis in a random order, drawn for each example; else as it is."""

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, features: Any, training: bool = False) -> Any:
        """(batch, frames, bands) -> the same shape."""
        if not training:
            return features
        order = ops.argsort(
            keras.random.uniform(ops.shape(features)[:2], seed=self.generator), axis=1
        )
        return ops.take_along_axis(features, order[..., None], axis=1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As it came."""
        return shape

    def get_config(self) -> dict[str, Any]:
        """The layer's settings."""
        return {**super().get_config(), "seed": self.seed}
