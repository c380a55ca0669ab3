"""Layers with PyTorch's initial weights.

Kernels and biases are drawn uniformly from -b to b, where b is 1/sqrt(inputs of a unit), and
1/sqrt(units) in an LSTM.

Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html, likewise Conv1d, Conv2d and
LSTM.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from keras import KerasTensor, initializers, layers

Initializer = Literal["torch", "he_uniform", "he_normal", "glorot_uniform", "zeros"]


def uniform(fan_in: int) -> initializers.Initializer:
    """Returns PyTorch's default initializer of kernels and biases.

    Args:
        fan_in: Number of inputs of a unit.
    """
    bound = 1 / math.sqrt(fan_in)
    return initializers.RandomUniform(-bound, bound)


def weights(initializer: Initializer, fan_in: int) -> dict[str, Any]:
    """Returns the initializers of a layer as arguments of a Keras layer.

    Args:
        initializer: "torch" for PyTorch's kernels and biases, or Keras' name of an initializer of
            the kernels, with biases of 0.
        fan_in: Number of inputs of a unit.
    """
    if initializer != "torch":
        return {"kernel_initializer": initializer}
    return {"kernel_initializer": uniform(fan_in), "bias_initializer": uniform(fan_in)}


def dense(
    units: int, features: KerasTensor, name: str | None = None, trainable: bool = True
) -> KerasTensor:
    """Returns the features after a dense layer with the initial weights of `torch.nn.Linear`.

    Args:
        units: Number of units.
        features: Tensor of shape `(..., inputs)`.
        name: Name of the layer. `None` takes the name that Keras chooses.
        trainable: Whether the weights are trained.

    Returns:
        Tensor of shape `(..., units)`.
    """
    fan_in = features.shape[-1]
    return layers.Dense(
        units,
        kernel_initializer=uniform(fan_in),
        bias_initializer=uniform(fan_in),
        name=name,
        trainable=trainable,
    )(features)


def conv1d(
    filters: int, kernel: int, features: KerasTensor, initializer: Initializer = "torch"
) -> KerasTensor:
    """Returns the features after a convolution, by default with weights as `torch.nn.Conv1d`.

    Args:
        filters: Number of output channels.
        kernel: Kernel size; the stride is 1, without padding.
        features: Tensor of shape `(batch, frames, channels)`.
        initializer: See `weights`.

    Returns:
        Tensor of shape `(batch, frames - kernel + 1, filters)`.
    """
    fan_in = kernel * features.shape[-1]
    return layers.Conv1D(filters, kernel, **weights(initializer, fan_in))(features)


def conv2d(
    filters: int, kernel: int, features: KerasTensor, initializer: Initializer = "torch"
) -> KerasTensor:
    """Returns the features after a convolution, by default with weights as `torch.nn.Conv2d`.

    Args:
        filters: Number of output channels.
        kernel: Kernel size along frames and bands; the stride is 1, without padding.
        features: Tensor of shape `(batch, frames, bands, channels)`.
        initializer: See `weights`.

    Returns:
        Tensor of shape `(batch, frames - kernel + 1, bands - kernel + 1, filters)`.
    """
    fan_in = kernel * kernel * features.shape[-1]
    return layers.Conv2D(filters, kernel, **weights(initializer, fan_in))(features)


def lstm(
    units: int, features: KerasTensor, mask: KerasTensor | None = None, every_step: bool = True
) -> KerasTensor:
    """Returns the output of an LSTM with the initial weights of `torch.nn.LSTM`.

    PyTorch's LSTM has two sets of biases, this one has one.

    Args:
        units: Number of units.
        features: Tensor of shape `(batch, frames, inputs)`.
        mask: Which frames count, of shape `(batch, frames)`: on GPUs the first ones, then the rest
            does not. `None` counts all.
        every_step: Whether to return the output of every frame, or of the last one that counts.

    Returns:
        Tensor of shape `(batch, frames, units)` or `(batch, units)`.
    """
    return layers.LSTM(
        units,
        return_sequences=every_step,
        kernel_initializer=uniform(units),
        recurrent_initializer=uniform(units),
        bias_initializer=uniform(units),
        unit_forget_bias=False,
    )(features, mask=mask)


def gru(
    units: int, features: KerasTensor, mask: KerasTensor | None = None, every_step: bool = True
) -> KerasTensor:
    """Returns the output of a GRU with the initial weights of `torch.nn.GRU`.

    Args:
        units: Number of units.
        features: Tensor of shape `(batch, frames, inputs)`.
        mask: Which frames count, of shape `(batch, frames)`: on GPUs the first ones, then the rest
            does not. `None` counts all.
        every_step: Whether to return the output of every frame, or of the last one that counts.

    Returns:
        Tensor of shape `(batch, frames, units)` or `(batch, units)`.
    """
    return layers.GRU(
        units,
        return_sequences=every_step,
        kernel_initializer=uniform(units),
        recurrent_initializer=uniform(units),
        bias_initializer=uniform(units),
    )(features, mask=mask)
