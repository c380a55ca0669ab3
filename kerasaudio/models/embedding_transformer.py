"""One transformer encoder block over the frames of a clip, then a feed-forward block over all frames at once.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "Transformer": no embedding, no
positions. Its query, key and value layers stood in a plain dict, which the optimizer did not see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from keras import layers, ops

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import dense

EPSILON = 1e-5  # of the layer normalisations, PyTorch's


@dataclass(frozen=True)
class EmbeddingTransformer:
    """5,350,594 weights on 10 frames of 128 bands and two labels, 74,304 of them in query, key and value."""

    heads: int = 2
    head_units: int = 96
    feed_forward: int = 2048
    freeze_qkv: bool = False  # as the paper's ran: query, key and value stay as they were drawn

    def __post_init__(self) -> None:
        if min(self.heads, self.head_units, self.feed_forward) < 1:
            raise UserError(
                "model.heads, model.head_units and model.feed_forward must be at least 1."
            )

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, bands) -> (batch, labels) logits."""
        attended = dense(features.shape[-1], self._attend(features))
        hidden = layers.LayerNormalization(epsilon=EPSILON)(features + attended)
        hidden = layers.Flatten()(hidden)
        fed = layers.ReLU()(dense(self.feed_forward, hidden))
        hidden = layers.LayerNormalization(epsilon=EPSILON)(hidden + dense(hidden.shape[-1], fed))
        return dense(labels, hidden, name="logits")

    def _attend(self, features: Any) -> Any:
        """(batch, frames, bands) -> (batch, frames, heads * head_units)."""
        query, key, value = (self._heads(features, name) for name in ("query", "key", "value"))
        weights = ops.softmax(
            ops.einsum("bqhu,bkhu->bhqk", query, key) / math.sqrt(self.head_units), axis=-1
        )
        return layers.Reshape((features.shape[1], -1))(
            ops.einsum("bhqk,bkhu->bqhu", weights, value)
        )

    def _heads(self, features: Any, name: str) -> Any:
        units = dense(
            self.heads * self.head_units, features, name=name, trainable=not self.freeze_qkv
        )
        return layers.Reshape((features.shape[1], self.heads, self.head_units))(units)
