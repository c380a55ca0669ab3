"""Stacked LSTMs over the frames of a clip, between a start and an end frame.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "LSTM".
"""

from dataclasses import dataclass
from typing import Any, Literal

from keras import layers, ops

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import dense, lstm

START, END = -1, -2


@dataclass(frozen=True)
class EmbeddingLSTM:
    """Read at the last but one step, which is a clip's last second where the end frame follows it.

    The paper trained with the two frames, evaluated without them, and so read at the ninth second of a sequence that
    began otherwise. `tokens="none"` with the weights of a run that had them is that evaluation.
    """

    units: int = 64
    layers: int = 3
    dropout: float = 0.1  # between layers, not after the last
    tokens: Literal["start_and_end", "none"] = "start_and_end"
    head: int = 512

    def __post_init__(self) -> None:
        if min(self.units, self.layers, self.head) < 1 or not 0 <= self.dropout < 1:
            raise UserError(
                f"model.units {self.units}, model.layers {self.layers} and model.head {self.head} must be at least 1, "
                f"model.dropout {self.dropout} in [0, 1)."
            )

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, bands), frames of 0 passed over -> (batch, labels) logits."""
        hidden = layers.Masking()(features)
        if self.tokens == "start_and_end":
            first = hidden[:, :1]
            start, end = ops.full_like(first, START), ops.full_like(first, END)
            hidden = layers.Concatenate(axis=1)([start, hidden, end])
        for number in range(self.layers):
            hidden = lstm(self.units, hidden)
            if number < self.layers - 1:
                hidden = layers.Dropout(self.dropout)(hidden)

        return dense(labels, layers.ReLU()(dense(self.head, hidden[:, -2])), name="logits")
