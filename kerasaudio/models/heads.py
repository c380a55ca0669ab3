"""Layers that turn the last features into logits.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021); Lin, Chen and Yan, Network in
Network (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from keras import KerasTensor, layers

from kerasaudio.models.conv_blocks import (
    Activation,
    Initializer,
    activate,
    check,
    dropped,
    normalize,
)


@dataclass(frozen=True)
class FullyConnected:
    """Dense layers on the flattened features.

    Args:
        units: Units of the hidden layers.
        dropout: Dropout rate after each hidden layer, in [0, 1); 0 adds no layer.
        initializer: How the kernels begin, by Keras' name.

    Raises:
        UserError: If a size is below 1, or the dropout rate not in [0, 1).
    """

    units: tuple[int, ...] = (1024, 512)
    dropout: float = 0.0
    initializer: Initializer = "glorot_uniform"

    def __post_init__(self) -> None:
        check(self, self.units, self.dropout)

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, [bands,] channels) -> (batch, labels) logits."""
        hidden = layers.Flatten()(features)
        for units in self.units:
            hidden = layers.Dense(units, activation="relu", kernel_initializer=self.initializer)(
                hidden
            )
            hidden = dropped(hidden, self.dropout)
        return layers.Dense(labels, kernel_initializer=self.initializer, name="logits")(hidden)


@dataclass(frozen=True)
class GlobalAverage:
    """Two convolutions of size 1, and the average of each output channel as the logit of a label.

    In the paper, batch normalization and activation follow the second convolution too. After ReLU
    no logit is negative.

    Args:
        filters: Output channels of the first convolution.
        dropout: Dropout rate between the first convolution and its normalization, in [0, 1);
            0 adds no layer.
        activation: Name of the activation.
        activated: Whether normalization and activation follow the second convolution.
        initializer: How the kernels begin, by Keras' name.
        over_time: "mean" is the average; "max" takes the largest value in its place, which the
            paper found worse.

    Raises:
        UserError: If a size is below 1, or the dropout rate not in [0, 1).
    """

    filters: int = 64
    dropout: float = 0.0
    activation: Activation = "relu"
    activated: bool = True
    initializer: Initializer = "he_uniform"
    over_time: Literal["mean", "max"] = "mean"

    def __post_init__(self) -> None:
        check(self, (self.filters,), self.dropout)

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, [bands,] channels) -> (batch, labels) logits."""
        is_2d = len(features.shape) == 4
        convolution = layers.Conv2D if is_2d else layers.Conv1D
        hidden = convolution(self.filters, 1, kernel_initializer=self.initializer)(features)
        hidden = dropped(hidden, self.dropout)
        hidden = activate(normalize(hidden), self.activation)
        maps = convolution(labels, 1, kernel_initializer=self.initializer)(hidden)
        if self.activated:
            maps = activate(normalize(maps), self.activation)
        kind = {"mean": "Average", "max": "Max"}[self.over_time]
        pooling = getattr(layers, f"Global{kind}Pooling{'2D' if is_2d else '1D'}")
        return pooling(name="logits")(maps)


@dataclass(frozen=True)
class Pooled:
    """The average of each channel over time and bands, and dense layers on it.

    It has few weights, whatever the length of the sound.

    Args:
        units: Units of the hidden layers.
        dropout: Dropout rate before each dense layer, in [0, 1); 0 adds no layer.
        initializer: How the kernels begin, by Keras' name.

    Raises:
        UserError: If a size is below 1, or the dropout rate not in [0, 1).
    """

    units: tuple[int, ...] = ()
    dropout: float = 0.0
    initializer: Initializer = "glorot_uniform"

    def __post_init__(self) -> None:
        check(self, self.units, self.dropout)

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, [bands,] channels) -> (batch, labels) logits."""
        is_2d = len(features.shape) == 4
        average = layers.GlobalAveragePooling2D if is_2d else layers.GlobalAveragePooling1D
        hidden = average()(features)
        for units in (*self.units, 0):
            hidden = dropped(hidden, self.dropout)
            if units:
                hidden = layers.Dense(
                    units, activation="relu", kernel_initializer=self.initializer
                )(hidden)
        return layers.Dense(labels, kernel_initializer=self.initializer, name="logits")(hidden)
