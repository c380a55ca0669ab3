"""A convolution with batch normalization, activation, dropout and pooling, in this order.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021); its 21 networks are made of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from keras import KerasTensor, initializers, layers

from kerasaudio.errors import UserError

Activation = Literal["relu", "leaky_relu", "prelu", "elu"]
Initializer = Literal["he_uniform", "he_normal", "glorot_uniform", "glorot_normal", "zeros"]
POOLS = {
    ("max", False): layers.MaxPooling1D,
    ("max", True): layers.MaxPooling2D,
    ("average", False): layers.AveragePooling1D,
    ("average", True): layers.AveragePooling2D,
}
LEAKY_RELU_SLOPE = 0.01  # PyTorch's default


def check(part: object, sizes: Sequence[int], dropout: float = 0.0) -> None:
    """Checks the values of a part of a network.

    Args:
        part: The part, for the message.
        sizes: Its sizes.
        dropout: Its dropout rate.

    Raises:
        UserError: If a size is below 1, or the dropout rate not in [0, 1).
    """
    if min(sizes, default=1) < 1 or not 0 <= dropout < 1:
        raise UserError(f"model has {part}: expected sizes from 1 up and a dropout in [0, 1).")


@dataclass(frozen=True)
class Conv:
    """A convolution over frames, or over frames and bands, and the layers that follow it.

    Sizes are the same along frames and bands.

    Args:
        filters: Number of output channels.
        kernel: Size of the kernel.
        stride: Distance between two positions of the kernel.
        padding: Number of zeros added at each end before the convolution.
        dropout: Dropout rate after the activation, in [0, 1); 0 adds no layer.
        pool: Size and stride of the pooling; 1 adds no layer. Steps at the end that do not fill a
            pool are dropped.
        pooling: Whether a pool is the "max" or the "average" of its values.
        activation: Name of the activation.
        initializer: How the kernel begins, by Keras' name.

    Raises:
        UserError: If a size is below 1, or the dropout rate not in [0, 1).
    """

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    dropout: float = 0.0
    pool: int = 1
    pooling: Literal["max", "average"] = "max"
    activation: Activation = "relu"
    initializer: Initializer = "he_uniform"

    def __post_init__(self) -> None:
        check(self, (self.filters, self.kernel, self.stride, self.pool), self.dropout)

    def __call__(self, features: KerasTensor) -> KerasTensor:
        """(batch, frames, [bands,] channels) -> (batch, frames, [bands,] filters).

        Raises:
            ValueError: If the input is too short for the kernel or the pool (raised by Keras).
        """
        is_2d = len(features.shape) == 4
        hidden = features
        if self.padding:
            hidden = (layers.ZeroPadding2D if is_2d else layers.ZeroPadding1D)(self.padding)(hidden)
        convolution = (layers.Conv2D if is_2d else layers.Conv1D)(
            self.filters, self.kernel, strides=self.stride, kernel_initializer=self.initializer
        )
        hidden = activate(normalize(convolution(hidden)), self.activation)
        hidden = dropped(hidden, self.dropout)
        if self.pool > 1:
            hidden = POOLS[self.pooling, is_2d](self.pool)(hidden)
        return hidden

    def with_kernel(self, kernel: int) -> Conv:
        """Returns the convolution with another kernel size, if its stride is 1.

        The padding grows and shrinks with the kernel, so that all lengths stay as they are where
        that is possible: both sizes are odd and the padding stays 0 or more. Kernels of size 1,
        which only mix channels, stay.

        Args:
            kernel: The new kernel size.
        """
        if self.stride > 1 or self.kernel == 1:
            return self
        padding = max(0, self.padding + (kernel - self.kernel) // 2)
        return replace(self, kernel=kernel, padding=padding)


def dropped(hidden: KerasTensor, rate: float) -> KerasTensor:
    """Returns values of which training leaves out a share; a rate of 0 adds no layer.

    Args:
        hidden: Values of any shape.
        rate: The share, in [0, 1).
    """
    return layers.Dropout(rate)(hidden) if rate else hidden


def downsampling(filters: int, kernel: int = 3, padding: int = 1, dropout: float = 0.0) -> Conv:
    """Returns a convolution that takes the place of a pool: its stride equals its kernel size.

    Args:
        filters: Number of output channels.
        kernel: Size and stride of the kernel.
        padding: Number of zeros added at each end, so that the kernel also covers the borders.
        dropout: Dropout rate after the activation, in [0, 1).
    """
    return Conv(filters, kernel=kernel, stride=kernel, padding=padding, dropout=dropout)


def normalize(features: KerasTensor) -> KerasTensor:
    """Returns the batch-normalized features, with the constants of PyTorch."""
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)


def activate(features: KerasTensor, activation: Activation) -> KerasTensor:
    """Returns the features after an activation.

    Args:
        features: Tensor of any shape.
        activation: "relu", "leaky_relu" (with the slope of PyTorch), "prelu" (with a learned slope
            for each channel) or "elu".
    """
    if activation == "elu":
        return layers.ELU()(features)
    if activation == "prelu":
        steps = list(range(1, len(features.shape) - 1))
        return layers.PReLU(alpha_initializer=initializers.Constant(0.25), shared_axes=steps)(
            features
        )
    if activation == "leaky_relu":
        return layers.LeakyReLU(negative_slope=LEAKY_RELU_SLOPE)(features)
    return layers.ReLU()(features)
