"""Layers that start from PyTorch's default weights: all of them, biases too, uniform within 1/sqrt(inputs of a unit).

Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html, likewise Conv1d, Conv2d and LSTM.
"""

from __future__ import annotations

import math
from typing import Any

from keras import initializers, layers


def uniform(fan_in: int) -> initializers.Initializer:
    """PyTorch's default of kernels and biases for a unit of so many inputs."""
    bound = 1 / math.sqrt(fan_in)
    return initializers.RandomUniform(-bound, bound)


def dense(units: int, features: Any, name: str | None = None, trainable: bool = True) -> Any:
    """torch.nn.Linear of (..., inputs) -> (..., units)."""
    fan_in = features.shape[-1]
    return layers.Dense(
        units,
        kernel_initializer=uniform(fan_in),
        bias_initializer=uniform(fan_in),
        name=name,
        trainable=trainable,
    )(features)


def conv1d(filters: int, kernel: int, features: Any) -> Any:
    """torch.nn.Conv1d of (batch, frames, channels), stride 1, no padding."""
    fan_in = kernel * features.shape[-1]
    return layers.Conv1D(
        filters, kernel, kernel_initializer=uniform(fan_in), bias_initializer=uniform(fan_in)
    )(features)


def conv2d(filters: int, kernel: int, features: Any) -> Any:
    """torch.nn.Conv2d of (batch, frames, bands, channels), stride 1, no padding."""
    fan_in = kernel * kernel * features.shape[-1]
    return layers.Conv2D(
        filters, kernel, kernel_initializer=uniform(fan_in), bias_initializer=uniform(fan_in)
    )(features)


def lstm(units: int, features: Any) -> Any:
    """torch.nn.LSTM of (batch, frames, inputs) -> (batch, frames, units), with one set of biases instead of two."""
    return layers.LSTM(
        units,
        return_sequences=True,
        kernel_initializer=uniform(units),
        recurrent_initializer=uniform(units),
        bias_initializer=uniform(units),
        unit_forget_bias=False,
    )(features)
