"""Convolutions over the frames and bands of a clip.

Source: Halaby, Marzec and Mukhtar, speech in AudioSet (Georgia Tech CS7643, 2021), "2-D
convolution".
"""

from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.errors import UserError
from kerasaudio.models.torch_layers import Initializer, conv2d, dense


@dataclass(frozen=True)
class EmbeddingConv2D:
    """Three two-dimensional convolutions and two dense layers.

    It has 1,113,182 weights for 10 frames of 128 bands and two labels. The paper found that
    networks with more channels overfit.

    Args:
        channels: Number of output channels of each convolution.
        kernel: Kernel size along frames and bands.
        dropout: Dropout rate before the last layer, in [0, 1).
        initializer: How the convolutions begin: "torch" (PyTorch's, also for biases), or Keras'
            name of an initializer.

    Raises:
        UserError: If a value is out of range.
    """

    channels: int = 4
    kernel: int = 2
    dropout: float = 0.2
    initializer: Initializer = "torch"

    def __post_init__(self) -> None:
        if self.channels < 1 or self.kernel < 1 or not 0 <= self.dropout < 1:
            raise UserError(
                f"model.channels {self.channels} and model.kernel {self.kernel} must be at "
                f"least 1, model.dropout {self.dropout} in [0, 1)."
            )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        hidden = layers.Reshape((*features.shape[1:], 1))(features)
        hidden = layers.ReLU()(self._convolve(hidden))
        hidden = layers.MaxPooling2D(2)(self._convolve(hidden))
        hidden = layers.Flatten()(self._convolve(hidden))
        hidden = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(hidden)
        hidden = dense(2 * hidden.shape[-1], hidden)
        return dense(labels, layers.Dropout(self.dropout)(hidden), name="logits")

    def _convolve(self, hidden: KerasTensor) -> KerasTensor:
        return conv2d(self.channels, self.kernel, hidden, self.initializer)
