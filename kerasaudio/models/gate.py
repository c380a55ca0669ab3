"""A gate: causal convolutions over log-mel frames, then GRUs, an answer for each frame.

Source: Valin, A hybrid DSP/deep learning approach to real-time full-band speech enhancement (2018),
whose voice activity is told by a dense layer and a GRU over a few bands a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.models.conv_blocks import check


@dataclass(frozen=True)
class GateNetwork:
    """A network that knows nothing of the future: what it says of a frame never changes.

    Every layer but the first ones keeps time: frames in, as many frames out.

    Args:
        filters: Number of filters of each convolution.
        kernel: Number of frames that a filter sees: its own and those before.
        units: Number of units of each GRU.
        dropout: Share of values that are left out before the first GRU, in training.

    Raises:
        UserError: If a size is below 1, or the dropout rate not in [0, 1).
    """

    filters: tuple[int, ...] = (48,)
    kernel: int = 5
    units: tuple[int, ...] = (48,)
    dropout: float = 0.1

    def __post_init__(self) -> None:
        check(self, (*self.filters, self.kernel, *self.units), self.dropout)

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, frames, labels) logits."""
        found = features
        for filters in self.filters:
            found = layers.Conv1D(filters, self.kernel, padding="causal", activation="relu")(found)
        found = layers.Dropout(self.dropout)(found)
        for units in self.units:
            found = layers.GRU(units, return_sequences=True)(found)
        return layers.Dense(labels)(found)
