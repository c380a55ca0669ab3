"""Convolutions over a log-mel spectrogram until one band is left, then GRUs over time.

Source: Choi, Fazekas, Sandler and Cho, Convolutional recurrent neural networks for music classification (2017);
widths and units after Elwood and Varosyan, MagnaTagATune replication (University of Bristol, COMSM0045).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import layers

from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected
from kerasaudio.models.rcnn import RCNN, RCNN2D, Recurrent


@dataclass(frozen=True)
class CRNN:
    """A network over frames and bands that sees `silent_frames` of 0 before and after the clip.

    1,366 frames become 1,440, of which the pools of 2, 3, 4 and 4 leave 15, and of 96 bands one.
    """

    network: RCNN2D = RCNN2D(
        RCNN(
            convs=(
                Conv(64, padding=1, pool=2, activation="elu"),
                Conv(128, padding=1, pool=3, activation="elu"),
                Conv(128, padding=1, pool=4, activation="elu"),
                Conv(128, padding=1, pool=4, activation="elu"),
            ),
            recurrent=Recurrent(units=128, layers=2, cell="gru", steps="all"),
            head=FullyConnected(units=()),
        )
    )
    silent_frames: int = 37

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, bands) -> (batch, labels) logits."""
        return self.network(layers.ZeroPadding1D(self.silent_frames)(features), labels)
