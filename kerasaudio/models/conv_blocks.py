"""One convolution with what follows it: batch normalisation, activation, dropout, pooling, in this order.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021): every convolution of the 21 networks is one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from keras import layers

Activation = Literal["relu", "leaky_relu", "elu"]
LEAKY_RELU_SLOPE = 0.01


@dataclass(frozen=True)
class Conv:
    """Sizes are alike along every axis: frames in one dimension, frames and bands in two."""

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0  # zeros at both ends
    dropout: float = 0.0
    pool: int = 1  # size and stride of a maximum; what does not fill a pool is left out
    activation: Activation = "relu"

    def __call__(self, features: Any) -> Any:
        """(batch, frames, [bands,] channels) -> the same axes, `filters` channels. Keras' ValueError if too short."""
        two = len(features.shape) == 4
        hidden = features
        if self.padding:
            hidden = (layers.ZeroPadding2D if two else layers.ZeroPadding1D)(self.padding)(hidden)
        convolution = (layers.Conv2D if two else layers.Conv1D)(
            self.filters, self.kernel, strides=self.stride, kernel_initializer="he_uniform"
        )
        hidden = activate(normalize(convolution(hidden)), self.activation)
        if self.dropout:
            hidden = layers.Dropout(self.dropout)(hidden)
        if self.pool > 1:
            hidden = (layers.MaxPooling2D if two else layers.MaxPooling1D)(self.pool)(hidden)
        return hidden


def down(filters: int, kernel: int = 3, padding: int = 1, dropout: float = 0.0) -> Conv:
    """A strided convolution where a pool of its kernel's size would be, padded so that borders count."""
    return Conv(filters, kernel=kernel, stride=kernel, padding=padding, dropout=dropout)


def normalize(features: Any) -> Any:
    """Batch normalisation with PyTorch's constants."""
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)


def activate(features: Any, activation: Activation) -> Any:
    """ReLU, leaky ReLU with PyTorch's slope, or ELU."""
    if activation == "elu":
        return layers.ELU()(features)
    if activation == "leaky_relu":
        return layers.LeakyReLU(negative_slope=LEAKY_RELU_SLOPE)(features)
    return layers.ReLU()(features)
