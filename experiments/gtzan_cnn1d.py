"""Genres of GTZAN from log-mel spectrograms: convolutions along time, with AlexNet and VGG16.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), tables "CNN 1D mel spectrogram". Test
accuracy .834 (alexnet), .709 (vgg16), .765 (fc), .832 (fc_dropout), .941 (gap), .839 (acn_fc), .910
(acn_gap), with windows of one song in both training and test. `--set data.split=random_windows`
uses that protocol.

    python -m kerasaudio.train --experiment gtzan_cnn1d:gap --data ROOT
    python -m kerasaudio.search --experiment gtzan_cnn1d:gap --data ROOT --strategy random

Expect: nothing has been run on the whole set yet.
"""

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.experiment import Adam, Experiment, Fit
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.models.cnn1d import VARIANTS
from kerasaudio.tuning.spaces import space

FIT = Fit(epochs=100, batch_size=64, optimizer=Adam(0.005), keep="last")


def mel(window):
    """Returns the paper's front end: HTK's mel scale, filters of equal height made for 16 kHz."""
    return Normalized(
        LogMel(window=window, hop=window // 2, scale="htk", norm="none", nominal_rate=16_000)
    )


def cnn(variant, window=1024):
    """Returns the experiment of one network, with frames of `window` samples."""
    return Experiment(data=GtzanAudio(), frontend=mel(window), model=VARIANTS[variant], fit=FIT)


experiments = {
    "alexnet": cnn("alexnet", window=512),
    "vgg16": cnn("vgg16", window=512),
    "fc": cnn("fc"),
    "fc_dropout": cnn("fc_dropout"),
    "gap": cnn("gap"),
    "acn_fc": cnn("acn_fc"),
    "acn_gap": cnn("acn_gap"),
}

# The paper finds that kernels should be odd, dropout small in the first layers and larger
# in the head, and frames of 1024 samples better than those of 512 and 256.
VALUES = {
    "kernel": [3, 5, 9, 11],
    "width": [1.0, 0.5, 1.5],
    "conv_dropout": [0.0, 0.1, 0.2],
    "dropout": [0.0, 0.25, 0.5],
    "initializer": ["he_uniform", "he_normal", "glorot_uniform"],
    "window": [256, 512, 1024],
}
DEEP = VALUES | {"window": [256, 512]}  # their pools need more frames than 1024 leaves

spaces = {
    name: space(
        experiment,
        epochs=30,
        **(DEEP if name in ("alexnet", "vgg16") else VALUES),
    )
    for name, experiment in experiments.items()
}
