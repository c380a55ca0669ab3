"""Networks that train side by side, each on the examples that it draws, and speak as one.

Source: bagging (Breiman 1996), with every batch dealt out at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from kerasaudio.errors import UserError
from kerasaudio.models.embedding_attention import EmbeddingAttention


@dataclass(frozen=True)
class Members:
    """In an epoch each member sees its share of the examples: they take as many more epochs as there are members."""

    network: EmbeddingAttention = EmbeddingAttention()
    members: int = 2

    def __post_init__(self) -> None:
        if self.members < 1:
            raise UserError(f"model.members is {self.members}: expected at least 1.")

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, bands) -> (batch, labels) logits: the mean of all members'; in training one member's."""
        each = [self.network(features, labels) for _ in range(self.members)]
        return OneInTraining()(ops.stack(each, axis=1))


@keras.saving.register_keras_serializable("kerasaudio")
class OneInTraining(layers.Layer):
    """The mean over the second axis; in training, for each example one place of it, drawn at random."""

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, each: Any, training: bool = False) -> Any:
        """(batch, members, labels) -> (batch, labels)."""
        if not training:
            return ops.mean(each, axis=1)
        drawn = keras.random.randint(ops.shape(each)[:1], 0, each.shape[1], seed=self.generator)
        return ops.take_along_axis(each, drawn[:, None, None], axis=1)[:, 0]

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Without the members."""
        return (shape[0], *shape[2:])

    def get_config(self) -> dict[str, Any]:
        """The layer's settings."""
        return {**super().get_config(), "seed": self.seed}
