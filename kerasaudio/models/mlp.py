"""Multi-layer perceptron: dense layers with dropout after each activation.

Source: Pamela Sin, report on GTZAN for ITI106 (Nanyang Polytechnic), section 3.
"""

from dataclasses import dataclass
from typing import Literal

from keras import KerasTensor, layers

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class MLP:
    """Dense layers on a row of features.

    Args:
        units: Units of each hidden layer.
        dropout: Dropout rate after each hidden layer, in [0, 1); as many entries as `units`.
        activation: Activation of the hidden layers, as Keras defines it; the slope of its leaky
            ReLU is 0.2.
        initializer: Initial kernels of the hidden layers. The output layer always starts from
            "glorot_uniform".

    Raises:
        UserError: If `units` and `dropout` differ in length or a value is out of range.
    """

    units: tuple[int, ...] = (128, 128, 64)
    dropout: tuple[float, ...] = (0.1, 0.2, 0.1)
    activation: Literal["relu", "leaky_relu"] = "leaky_relu"
    initializer: Literal["glorot_uniform", "random_uniform"] = "glorot_uniform"

    def __post_init__(self) -> None:
        if len(self.units) != len(self.dropout):
            raise UserError(
                f"model.units has {len(self.units)} entries, model.dropout {len(self.dropout)}: "
                "expected one entry for each layer in both."
            )
        if not all(units >= 1 for units in self.units) or not all(
            0 <= rate < 1 for rate in self.dropout
        ):
            raise UserError(
                f"model.units {self.units} must be at least 1, "
                f"model.dropout {self.dropout} in [0, 1)."
            )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, features) -> (batch, labels) logits."""
        hidden = features
        for units, dropout in zip(self.units, self.dropout, strict=True):
            hidden = layers.Dense(units, self.activation, kernel_initializer=self.initializer)(
                hidden
            )
            hidden = layers.Dropout(dropout)(hidden)
        return layers.Dense(labels, name="logits")(hidden)
