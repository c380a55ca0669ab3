"""Convolutions over a log-mel spectrogram until one band is left, then GRUs over time.

Source: Choi, Fazekas, Sandler and Cho, Convolutional recurrent neural networks for music
classification (2017); widths and units from Elwood and Varosyan, MagnaTagATune replication
(University of Bristol, COMSM0045).
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected
from kerasaudio.models.rcnn import RCNN, RCNN2D, Recurrent


@dataclass(frozen=True)
class CRNN:
    """A convolutional recurrent network over frames and bands, with padding in time.

    The defaults are made for 1,366 frames of 96 bands: padding makes them 1,440 frames, and the
    pools of 2, 3, 4 and 4 leave 15 frames and one band.

    Args:
        network: The network.
        silent_frames: Number of frames of 0 added before and after the clip.
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

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        return self.network(layers.ZeroPadding1D(self.silent_frames)(features), labels)
