"""Small convolutions on samples, after SampleCNN.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), "CNN 1D raw waveform"; Lee, Park, Kim
and Nam, Sample-level deep convolutional neural networks (2017).
"""

from __future__ import annotations

from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv, downsampling
from kerasaudio.models.heads import FullyConnected, GlobalAverage


def _pooled(filters: int) -> Conv:
    return Conv(filters, padding=1, pool=3)


def _strided(first: int, second: int) -> tuple[Conv, Conv]:
    return Conv(first, padding=1), downsampling(second)


_FIRST = Conv(128, stride=3)
_POOLED = (
    _FIRST,
    *(_pooled(filters) for filters in (128, 128, 128, 256, 256, 256, 256, 512)),
    Conv(512, padding=1),
)
_STRIDED = (
    _FIRST,
    *(_strided(128, 256) * 3),
    *(_pooled(256) for _ in range(3)),
    *(_strided(512, 512) * 2),
    Conv(512, padding=1),
)

# The network of Lee et al.: a stride of 3 and nine pools of 3 turn 3**10 samples into one step.
_WIDTHS = (128, 128, 256, 256, 256, 256, 256, 256, 512)
LEE = CNN1D(
    (_FIRST, *(_pooled(filters) for filters in _WIDTHS), Conv(512, kernel=1, dropout=0.5)),
    FullyConnected(units=()),
)

# What the paper wished to try: pools half as wide as the convolutions, so that steps overlap by
# half, as the frames of a spectrogram do. Each layer halves the steps: 61,740 samples become 8.
_WIDTHS_OF_HALVES = (*(64,) * 4, *(128,) * 4, *(256,) * 4)
HALF_OVERLAP = CNN1D(
    (
        Conv(128, kernel=4, stride=2, padding=1),
        *(Conv(filters, kernel=4, padding=2, pool=2) for filters in _WIDTHS_OF_HALVES),
        Conv(512, padding=1),
    ),
    GlobalAverage(256, dropout=0.25),
)

VARIANTS = {
    "fc": CNN1D(_POOLED, FullyConnected(dropout=0.5)),
    "gap": CNN1D(_POOLED, GlobalAverage(256, dropout=0.25)),
    "acn_gap": CNN1D(_STRIDED, GlobalAverage(256, activation="leaky_relu")),
}
