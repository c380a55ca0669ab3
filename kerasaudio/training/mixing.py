"""Training with examples that are mixed with others of their batch."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import keras
from keras import KerasTensor

from kerasaudio.frontends.mixup import MixupLayer, mixed, partners


class Mixing(keras.Model):
    """A model whose training loss is mixed as a `Mixup` layer in it mixes examples."""

    @cached_property
    def mixup(self) -> MixupLayer:
        """The layer."""
        return next(layer for layer in self.layers if isinstance(layer, MixupLayer))

    def compute_loss(
        self,
        x: Any = None,
        y: KerasTensor | None = None,
        y_pred: KerasTensor | None = None,
        sample_weight: KerasTensor | None = None,
        training: bool = True,
    ) -> KerasTensor:
        """Returns the loss of a batch, mixed of that for its own and for its partners' targets."""
        own = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return own
        weight = None if sample_weight is None else partners(sample_weight)
        other = super().compute_loss(x, partners(y), y_pred, weight, training)
        return mixed(self.mixup.share, own, other)


def mixes(model: keras.Model) -> bool:
    """Returns whether a model mixes examples while it trains."""
    return any(isinstance(layer, MixupLayer) for layer in model.layers)
