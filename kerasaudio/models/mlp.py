"""Multi-layer perceptron: dense layers with dropout after each activation.

Source: Pamela Sin, report on GTZAN for ITI106 (Nanyang Polytechnic), section 3.
"""

from dataclasses import dataclass
from typing import Any, Literal

from keras import layers

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class MLP:
    """`units` and `dropout` have one entry a hidden layer; the output layer is always Glorot-initialised."""

    units: tuple[int, ...] = (128, 128, 64)
    dropout: tuple[float, ...] = (0.1, 0.2, 0.1)
    activation: Literal["relu", "leaky_relu"] = "leaky_relu"  # Keras' own, whose leaky slope is 0.2
    initializer: Literal["glorot_uniform", "random_uniform"] = "glorot_uniform"

    def __post_init__(self) -> None:
        if len(self.units) != len(self.dropout):
            raise UserError(
                f"model.units has {len(self.units)} entries, model.dropout {len(self.dropout)}: "
                "expected one a layer of both."
            )
        if not all(units >= 1 for units in self.units) or not all(
            0 <= rate < 1 for rate in self.dropout
        ):
            raise UserError(
                f"model.units {self.units} must be at least 1, model.dropout {self.dropout} in [0, 1)."
            )

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, features) -> (batch, labels) logits."""
        hidden = features
        for units, dropout in zip(self.units, self.dropout, strict=True):
            hidden = layers.Dense(units, self.activation, kernel_initializer=self.initializer)(
                hidden
            )
            hidden = layers.Dropout(dropout)(hidden)
        return layers.Dense(labels, name="logits")(hidden)
