"""One hidden layer over all frames of a clip at once.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "Linear".
"""

from dataclasses import dataclass
from typing import Any

from keras import layers

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import dense


@dataclass(frozen=True)
class EmbeddingLinear:
    """The paper's best has 32 hidden units: 41,058 weights on 10 frames of 128 bands and two labels."""

    hidden: int = 32

    def __post_init__(self) -> None:
        if self.hidden < 1:
            raise UserError(f"model.hidden is {self.hidden}: expected at least 1.")

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, bands) -> (batch, labels) logits."""
        hidden = layers.ReLU()(dense(self.hidden, layers.Flatten()(features)))
        return dense(labels, hidden, name="logits")
