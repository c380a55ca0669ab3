"""Stacked LSTMs over the frames of a clip, between a start frame and an end frame.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "LSTM".
"""

from dataclasses import dataclass
from typing import Literal

from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import dense, gru, lstm

START, END = -1, -2  # value of all bands in the start frame and in the end frame


@dataclass(frozen=True)
class EmbeddingLSTM:
    """Stacked LSTMs whose output at the last step but one goes to two dense layers.

    With the end frame, the last step but one is the last second of a clip. The paper trained with
    both frames but evaluated without them, and so read the output at the ninth second.
    `tokens="none"` with the weights of a run that had both frames repeats that evaluation.

    Args:
        units: Units of each LSTM.
        layers: Number of LSTMs.
        dropout: Dropout rate between two LSTMs, in [0, 1); there is none after the last.
        tokens: "start_and_end" adds a start frame and an end frame; "none" adds no frames.
        head: Units of the hidden dense layer.
        cell: Kind of the recurrent layers, "lstm" or "gru".

    Raises:
        UserError: If a value is out of range.
    """

    units: int = 64
    layers: int = 3
    dropout: float = 0.1
    tokens: Literal["start_and_end", "none"] = "start_and_end"
    head: int = 512
    cell: Literal["lstm", "gru"] = "lstm"

    def __post_init__(self) -> None:
        if min(self.units, self.layers, self.head) < 1 or not 0 <= self.dropout < 1:
            raise UserError(
                f"model.units {self.units}, model.layers {self.layers} and model.head {self.head} "
                f"must be at least 1, model.dropout {self.dropout} in [0, 1)."
            )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits.

        Frames of 0 at the end are padding. The network stops before them, and before the end
        frame, so that its masks are of the kind that cuDNN takes: all steps that count come first.
        """
        last, hidden = self._last_step(features), features
        if self.tokens == "start_and_end":
            first = features[:, :1]
            start, end = ops.full_like(first, START), ops.full_like(first, END)
            hidden = layers.Concatenate(axis=1)([start, features, end])
        mask = last[:, None] >= ops.arange(hidden.shape[1])
        recurrent = lstm if self.cell == "lstm" else gru
        for _ in range(self.layers - 1):
            hidden = recurrent(self.units, hidden, mask)
            hidden = layers.Dropout(self.dropout)(hidden)
        hidden = recurrent(self.units, hidden, mask, every_step=False)
        return dense(labels, layers.ReLU()(dense(self.head, hidden)), name="logits")

    def _last_step(self, features: KerasTensor) -> KerasTensor:
        """(batch, frames, bands) -> (batch,) number of the step whose output is used, from 0."""
        frames = features.shape[1]
        real = ops.any(features != 0, axis=-1)
        count = ops.max(ops.where(real, ops.arange(1, frames + 1), 0), axis=1)
        if self.tokens == "start_and_end":
            return count
        return ops.clip(count - 1, 0, frames - 2)
