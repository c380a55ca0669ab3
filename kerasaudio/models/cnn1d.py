"""Convolutions along time, with the bands of a spectrogram as channels; includes AlexNet and VGG16.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), "CNN 1D mel spectrogram".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keras import KerasTensor

from kerasaudio.models.conv_blocks import Conv, downsampling
from kerasaudio.models.heads import FullyConnected, GlobalAverage, Pooled


@dataclass(frozen=True)
class CNN1D:
    """A sequence of one-dimensional convolutions, followed by a head.

    Args:
        convs: The convolutions, in order.
        head: Layers that turn the last features into logits.
    """

    convs: tuple[Conv, ...]
    head: FullyConnected | GlobalAverage | Pooled

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, channels) -> (batch, labels) logits."""
        return self.head(self.features(features), labels)

    def features(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, frames, channels) -> (batch, steps, filters), the input of the head."""
        hidden = inputs
        for conv in self.convs:
            hidden = conv(hidden)
        return hidden

    def with_kernel(self, kernel: int) -> CNN1D:
        """Returns the network with another kernel size; see `Conv.with_kernel`."""
        return replace(self, convs=tuple(conv.with_kernel(kernel) for conv in self.convs))


_WIDE = (Conv(64), Conv(64, pool=2), Conv(128, pool=2), Conv(128), Conv(128, pool=2))
_VGG_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # (filters, convolutions)


def _without_pools(first: float, second: float) -> tuple[Conv, ...]:
    """Returns convolutions that downsample by stride instead of by pooling.

    Args:
        first: Dropout rate after the first convolution.
        second: Dropout rate after the first strided convolution.
    """
    return (
        Conv(64, dropout=first),
        Conv(64),
        downsampling(128, kernel=2, dropout=second),
        Conv(128),
        downsampling(256, kernel=2),
        Conv(128),
        Conv(128),
        downsampling(128, kernel=2, padding=0),
    )


VARIANTS = {
    "alexnet": CNN1D(
        convs=(
            Conv(64, kernel=11, stride=4, pool=2),
            Conv(128, kernel=5, pool=2),
            Conv(256),
            Conv(256),
            Conv(256, pool=2),
        ),
        head=FullyConnected((1280, 1000), dropout=0.5),
    ),
    "vgg16": CNN1D(
        convs=tuple(
            Conv(filters, pool=2 if number == count - 1 else 1)
            for filters, count in _VGG_BLOCKS
            for number in range(count)
        ),
        head=FullyConnected((1024, 1024), dropout=0.5),
    ),
    "fc": CNN1D(
        (Conv(64), Conv(64, pool=2), Conv(64, pool=2), Conv(128), Conv(128, pool=2)),
        FullyConnected(),
    ),
    "fc_dropout": CNN1D(_WIDE, FullyConnected(dropout=0.5)),
    "gap": CNN1D(_WIDE, GlobalAverage(64, dropout=0.25)),
    "acn_fc": CNN1D(_without_pools(0.0, 0.0), FullyConnected()),
    "acn_gap": CNN1D(_without_pools(0.2, 0.1), GlobalAverage(128, dropout=0.25)),
}
