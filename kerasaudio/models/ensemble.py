"""An ensemble: networks that train at the same time on different examples and are averaged.

Source: bagging (Breiman 1996); here each example of a batch goes to one network at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError
from kerasaudio.models.embedding_attention import EmbeddingAttention


@dataclass(frozen=True)
class Ensemble:
    """Several networks of one architecture whose logits are averaged.

    In training each example reaches only one network, drawn at random. A network therefore sees
    `1 / size` of the examples in an epoch, and the ensemble needs `size` times as many epochs.

    Args:
        network: Architecture of every network.
        size: Number of networks.

    Raises:
        UserError: If `size` is below 1.
    """

    network: EmbeddingAttention = EmbeddingAttention()
    size: int = 2

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"model.size is {self.size}: expected at least 1.")

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits.

        The logits are the mean over all networks; in training, those of one network.
        """
        logits = [self.network(features, labels) for _ in range(self.size)]
        return OneInTraining(dtype="float32")(ops.stack(logits, axis=1))


@keras.saving.register_keras_serializable("kerasaudio")
class OneInTraining(layers.Layer):
    """Returns the mean over the second axis; in training, one entry of it for each example.

    Args:
        seed: Seed of the random draws. `None` takes a random seed.
        **settings: Settings of every Keras layer, such as `name`.
    """

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, logits: KerasTensor, training: bool = False) -> KerasTensor:
        """(batch, networks, labels) -> (batch, labels)."""
        if not training:
            return ops.mean(logits, axis=1)
        drawn = keras.random.randint(ops.shape(logits)[:1], 0, logits.shape[1], seed=self.generator)
        return ops.take_along_axis(logits, drawn[:, None, None], axis=1)[:, 0]

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the input shape without its second axis."""
        return (shape[0], *shape[2:])

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {**super().get_config(), "seed": self.seed}
