"""Convolutions over the frames and bands of a spectrogram.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), "CNN 2D mel spectrogram".
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.models.conv_blocks import Conv, downsampling
from kerasaudio.models.heads import FullyConnected, GlobalAverage, Pooled


@dataclass(frozen=True)
class CNN2D:
    """A sequence of two-dimensional convolutions, followed by a head.

    Args:
        convs: The convolutions, in order.
        head: Layers that turn the last features into logits.
    """

    convs: tuple[Conv, ...]
    head: FullyConnected | GlobalAverage | Pooled

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        hidden = layers.Reshape((-1, features.shape[-1], 1))(features)
        for conv in self.convs:
            hidden = conv(hidden)
        return self.head(hidden, labels)


VARIANTS = {
    "base": CNN2D(
        tuple(
            Conv(filters, padding=1, pool=pool)
            for filters, pool in ((64, 3), (128, 3), (256, 2), (512, 2), (512, 2))
        ),
        FullyConnected(dropout=0.5),
    ),
    "acn": CNN2D(
        (
            Conv(64, padding=1),
            downsampling(128, kernel=2, dropout=0.1),
            Conv(128, padding=1),
            downsampling(256, kernel=2),
            Conv(256, padding=1),
            downsampling(512, kernel=2),
            Conv(512, padding=1),
            downsampling(1024, kernel=2),
            Conv(512, padding=1, pool=5),
        ),
        GlobalAverage(512),
    ),
}
