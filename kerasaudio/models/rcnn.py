"""Convolutions and a recurrent network, in either order.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), "LSTM" and "RCNN".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from keras import KerasTensor, initializers, layers

from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv, check, downsampling
from kerasaudio.models.heads import FullyConnected, GlobalAverage, Pooled


@dataclass(frozen=True)
class Recurrent:
    """Stacked LSTMs or GRUs with PyTorch's initial weights.

    The paper used LSTMs and names GRUs as something to try.

    Args:
        units: Units of each layer.
        layers: Number of layers.
        cell: Kind of the layers, "lstm" or "gru".
        steps: Steps of the last layer's output that are returned, "all" or the "last".

    Raises:
        UserError: If `units` or `layers` is below 1.
    """

    units: int = 256
    layers: int = 2
    cell: Literal["lstm", "gru"] = "lstm"
    steps: Literal["all", "last"] = "all"

    def __post_init__(self) -> None:
        check(self, (self.units, self.layers))

    def __call__(self, features: KerasTensor) -> KerasTensor:
        """(batch, steps, channels) -> (batch, steps, units).

        The output of the last step alone has the shape `(batch, units)`.
        """
        bound = 1 / math.sqrt(self.units)
        uniform = {
            name: initializers.RandomUniform(-bound, bound)
            for name in ("kernel_initializer", "recurrent_initializer", "bias_initializer")
        }
        hidden = features
        for number in range(self.layers):
            whole = self.steps == "all" or number < self.layers - 1
            if self.cell == "gru":
                hidden = layers.GRU(self.units, return_sequences=whole, **uniform)(hidden)
            else:
                hidden = layers.LSTM(
                    self.units, return_sequences=whole, unit_forget_bias=False, **uniform
                )(hidden)
        return hidden


@dataclass(frozen=True)
class RCNN:
    """Convolutions along time, followed by a recurrent network and a head.

    Args:
        convs: The convolutions, in order.
        recurrent: The recurrent network.
        head: Layers that turn the last features into logits.
    """

    convs: tuple[Conv, ...]
    recurrent: Recurrent
    head: FullyConnected | GlobalAverage | Pooled

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, channels) -> (batch, labels) logits."""
        hidden = features
        for conv in self.convs:
            hidden = conv(hidden)
        return self.head(self.recurrent(hidden), labels)


@dataclass(frozen=True)
class RCNN2D:
    """An RCNN whose convolutions run over frames and bands.

    The bands that the convolutions leave become channels of the recurrent network.

    Args:
        rcnn: The convolutions, the recurrent network and the head.
    """

    rcnn: RCNN

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        hidden = layers.Reshape((-1, features.shape[-1], 1))(features)
        for conv in self.rcnn.convs:
            hidden = conv(hidden)
        hidden = layers.Reshape((-1, hidden.shape[2] * hidden.shape[3]))(hidden)
        return self.rcnn.head(self.rcnn.recurrent(hidden), labels)


@dataclass(frozen=True)
class RecurrentFirst:
    """A recurrent network over the frames, followed by a CNN over its outputs.

    Args:
        recurrent: The recurrent network.
        cnn: The network that gets its outputs.
    """

    recurrent: Recurrent
    cnn: CNN1D

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        return self.cnn(self.recurrent(features), labels)


def _same(filters: int, pool: int = 1) -> Conv:
    return Conv(filters, padding=1, pool=pool)


_POOLED = (_same(64), _same(128, pool=3), _same(256, pool=3), _same(256, pool=2))
_STRIDED = (
    _same(64),
    _same(128),
    downsampling(256),
    _same(256),
    downsampling(256),
    _same(256),
    downsampling(256, kernel=2),
)
_STRIDED_WIDE = (
    _same(64),
    _same(128),
    downsampling(256),
    _same(256),
    downsampling(512),
    _same(256),
    downsampling(256, kernel=2),
)


def _raw(fourth: int) -> tuple[Conv, ...]:
    return (
        Conv(128, stride=3),
        Conv(128, pool=3),
        Conv(128, pool=3),
        Conv(fourth, pool=3),
        Conv(256, kernel=2, pool=2),
        Conv(512, kernel=4, pool=4),
        Conv(512, kernel=4, pool=4),
    )


_DENSE_WITH_DROPOUT = FullyConnected(dropout=0.5)

VARIANTS = {
    "lstm": RCNN((), Recurrent(128, steps="last"), FullyConnected(units=())),
    "lstm_cnn": RecurrentFirst(
        Recurrent(),
        CNN1D(
            (_same(256), _same(256, pool=3), _same(256, pool=3), _same(256), downsampling(256)),
            _DENSE_WITH_DROPOUT,
        ),
    ),
    "fc": RCNN(_POOLED, Recurrent(), _DENSE_WITH_DROPOUT),
    "acn_fc": RCNN(_STRIDED, Recurrent(), _DENSE_WITH_DROPOUT),
    "gap": RCNN(_POOLED, Recurrent(), GlobalAverage(128, dropout=0.25)),
    "acn_gap": RCNN(_STRIDED_WIDE, Recurrent(), GlobalAverage(256)),
    "two_d": RCNN2D(
        RCNN(
            (Conv(128, kernel=2, pool=3), Conv(128, kernel=2, pool=3), Conv(256, kernel=2, pool=2)),
            Recurrent(),
            _DENSE_WITH_DROPOUT,
        )
    ),
    "raw_fc": RCNN(_raw(128), Recurrent(), FullyConnected((2048, 1024), dropout=0.5)),
    "raw_gap": RCNN(_raw(256), Recurrent(512), GlobalAverage(512)),
}
