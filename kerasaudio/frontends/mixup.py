"""Mixes each training example with another one of its batch; the loss is mixed alike.

Source: Zhang et al. 2018, mixup (arXiv 1710.09412).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
from keras import KerasTensor, ops, random

from kerasaudio.frontends.augmentation import AugmentationLayer, check


@dataclass(frozen=True)
class Mixup:
    """Adds a share of another example of the batch to each example.

    An example keeps the larger share. Its loss has the same share of the loss for its own label and
    the rest of that for the other one's (`kerasaudio.training.mixing`).

    Args:
        alpha: Both parameters of the beta distribution from which the share of a batch is drawn,
            above 0; the larger, the stronger.

    Raises:
        UserError: If `alpha` is not above 0.
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        check(self, "alpha", self.alpha > 0, "a number above 0")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, ...) -> the same shape."""
        return MixupLayer(**asdict(self), name="mixup")(inputs)


@keras.saving.register_keras_serializable("kerasaudio")
class MixupLayer(AugmentationLayer):
    """The layer of `Mixup`. The share that it drew last is in `share`, for the loss."""

    def __init__(self, name: str | None = None, **values: Any) -> None:
        super().__init__(name=name, **values)
        self.share = self.add_variable((), initializer="ones", trainable=False, name="share")

    def changed(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the inputs, each mixed with its partner."""
        alpha = self.values["alpha"]
        drawn = random.beta((), alpha, alpha, seed=self.seed_generator)
        self.share.assign(ops.maximum(drawn, 1 - drawn))
        return mixed(self.share, inputs, partners(inputs))


def partners(batch: KerasTensor) -> KerasTensor:
    """Returns what each example of a batch is mixed with: the one before it."""
    return ops.roll(batch, 1, axis=0)


def mixed(share: KerasTensor, own: KerasTensor, other: KerasTensor) -> KerasTensor:
    """Returns a share of one tensor and the rest of another."""
    return share * own + (1 - share) * other
