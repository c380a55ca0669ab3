"""A transformer encoder block over the frames of a clip, then a feed-forward block over all frames.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "Transformer".
It has no embedding and no positions. The paper's code kept the query, key and value layers in a
plain dict, where the optimizer did not find them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import dense

EPSILON = 1e-5  # PyTorch's default for layer normalization


@dataclass(frozen=True)
class EmbeddingTransformer:
    """One block of multi-head attention and one feed-forward block.

    It has 5,350,594 weights for 10 frames of 128 bands and two labels; 74,304 of them are in query,
    key and value.

    Args:
        heads: Number of attention heads.
        head_units: Units of each head.
        feed_forward: Hidden units of the feed-forward block.
        freeze_qkv: Whether query, key and value keep their initial weights, as in the paper's runs.

    Raises:
        UserError: If a size is below 1.
    """

    heads: int = 2
    head_units: int = 96
    feed_forward: int = 2048
    freeze_qkv: bool = False

    def __post_init__(self) -> None:
        if min(self.heads, self.head_units, self.feed_forward) < 1:
            raise UserError(
                "model.heads, model.head_units and model.feed_forward must be at least 1."
            )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        attended = dense(features.shape[-1], self._attend(features))
        hidden = layers.LayerNormalization(epsilon=EPSILON)(features + attended)
        hidden = layers.Flatten()(hidden)
        fed = layers.ReLU()(dense(self.feed_forward, hidden))
        hidden = layers.LayerNormalization(epsilon=EPSILON)(hidden + dense(hidden.shape[-1], fed))
        return dense(labels, hidden, name="logits")

    def _attend(self, features: KerasTensor) -> KerasTensor:
        """(batch, frames, bands) -> (batch, frames, heads * head_units)."""
        query, key, value = (self._heads(features, name) for name in ("query", "key", "value"))
        weights = ops.softmax(
            ops.einsum("bqhu,bkhu->bhqk", query, key) / math.sqrt(self.head_units), axis=-1
        )
        return layers.Reshape((features.shape[1], -1))(
            ops.einsum("bhqk,bkhu->bqhu", weights, value)
        )

    def _heads(self, features: KerasTensor, name: str) -> KerasTensor:
        """(batch, frames, bands) -> (batch, frames, heads, head_units)."""
        units = dense(
            self.heads * self.head_units, features, name=name, trainable=not self.freeze_qkv
        )
        return layers.Reshape((features.shape[1], self.heads, self.head_units))(units)
