"""Convolutions along the flattened frames of a clip, in several published depths.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "1-D
convolution", table 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import Initializer, conv1d, dense

# Number of operations before the last layer, by what the paper calls the activated layers.
OPERATIONS = {2: 1, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 7}


@dataclass(frozen=True)
class EmbeddingConv1D:
    """Up to three one-dimensional convolutions and a dense layer.

    Args:
        active: What the paper calls the number of activated layers, from 2 to 8. 2 is a linear
            network; 8 is the same network as 7.
        kernel: Kernel size of the first convolution. Those of the next two are larger by 2 and 4.
        dropout: Dropout rate, in [0, 1).
        initializer: How the convolutions begin: "torch" (PyTorch's, also for biases), or Keras'
            name of an initializer.
        filters: Output channels of the three convolutions.

    Raises:
        UserError: If a value is out of range.
    """

    active: int = 8
    kernel: int = 3
    dropout: float = 0.2
    initializer: Initializer = "torch"
    filters: tuple[int, int, int] = (32, 64, 128)

    def __post_init__(self) -> None:
        if self.active not in OPERATIONS:
            raise UserError(f"model.active is {self.active}: expected 2 to 8.")
        if min(self.kernel, *self.filters) < 1 or not 0 <= self.dropout < 1:
            raise UserError(
                f"model.kernel {self.kernel} and model.filters {self.filters} must be at least 1, "
                f"model.dropout {self.dropout} in [0, 1)."
            )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        hidden = layers.Reshape((-1, 1))(features)
        for operation in self._operations()[: OPERATIONS[self.active]]:
            hidden = operation(hidden)
        return dense(labels, layers.Flatten()(hidden), name="logits")

    def _operations(self) -> list[Callable[[KerasTensor], KerasTensor]]:
        first, second, third = self.filters
        return [
            lambda hidden: conv1d(first, self.kernel, hidden, self.initializer),
            layers.ReLU(),
            lambda hidden: conv1d(second, self.kernel + 2, hidden, self.initializer),
            layers.Dropout(self.dropout),
            layers.MaxPooling1D(self.kernel + 2),
            lambda hidden: conv1d(third, self.kernel + 4, hidden, self.initializer),
            layers.Dropout(self.dropout),
        ]
