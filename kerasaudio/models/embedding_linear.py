"""One hidden layer over all frames of a clip.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "Linear".
"""

from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import dense


@dataclass(frozen=True)
class EmbeddingLinear:
    """A dense layer with ReLU on the flattened frames, and a dense layer on top.

    The paper's best network has 32 hidden units: 41,058 weights for 10 frames of 128 bands and two
    labels.

    Args:
        hidden: Number of hidden units.

    Raises:
        UserError: If `hidden` is below 1.
    """

    hidden: int = 32

    def __post_init__(self) -> None:
        if self.hidden < 1:
            raise UserError(f"model.hidden is {self.hidden}: expected at least 1.")

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        hidden = layers.ReLU()(dense(self.hidden, layers.Flatten()(features)))
        return dense(labels, hidden, name="logits")
