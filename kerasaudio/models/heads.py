"""What turns the last features into logits: dense layers, or maps of one label each, averaged.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021); Lin, Chen and Yan, Network in Network (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import layers

from kerasaudio.models.conv_blocks import Activation, activate, normalize


@dataclass(frozen=True)
class FullyConnected:
    """Flattens whatever size comes in."""

    units: tuple[int, ...] = (1024, 512)
    dropout: float = 0.0  # after every hidden layer

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, [bands,] channels) -> (batch, labels) logits."""
        hidden = layers.Flatten()(features)
        for units in self.units:
            hidden = layers.Dense(units, activation="relu", kernel_initializer="glorot_uniform")(
                hidden
            )
            if self.dropout:
                hidden = layers.Dropout(self.dropout)(hidden)
        return layers.Dense(labels, kernel_initializer="glorot_uniform", name="logits")(hidden)


@dataclass(frozen=True)
class GlobalAverage:
    """Two convolutions of size 1, the second to one map a label; each map's average is its logit.

    The paper's logits come after batch normalisation and activation, so that with ReLU none is negative;
    `activated=False` ends with the plain convolution.
    """

    filters: int = 64
    dropout: float = 0.0  # of the first convolution's output, before it is normalised
    activation: Activation = "relu"
    activated: bool = True

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, [bands,] channels) -> (batch, labels) logits."""
        two = len(features.shape) == 4
        convolution = layers.Conv2D if two else layers.Conv1D
        hidden = convolution(self.filters, 1, kernel_initializer="he_uniform")(features)
        if self.dropout:
            hidden = layers.Dropout(self.dropout)(hidden)
        hidden = activate(normalize(hidden), self.activation)
        maps = convolution(labels, 1, kernel_initializer="he_uniform")(hidden)
        if self.activated:
            maps = activate(normalize(maps), self.activation)
        return (layers.GlobalAveragePooling2D if two else layers.GlobalAveragePooling1D)(
            name="logits"
        )(maps)
