"""Genres of GTZAN from log-mel spectrograms or samples: convolutions and LSTMs.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), tables "LSTM" and "RCNN". Test
accuracy .615 (lstm), .771 (lstm_cnn), .839 (fc), .808 (acn_fc), .904 (gap), .90 (acn_gap), .410
(two_d), .471 (raw_fc), .571 (raw_gap), with windows of one song in both training and test.
`--set data.split=random_windows` uses that protocol. `--set model.recurrent.cell=gru` replaces the
LSTMs by GRUs, which the paper names as something to try.

    python -m kerasaudio.train --experiment gtzan_rcnn:gap --data ROOT

Expect: nothing has been run on the whole set yet.
"""

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.experiment import Adam, Experiment, Fit
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.models.rcnn import VARIANTS
from kerasaudio.tuning.spaces import space


def mel(variant, batch_size=64):
    """Returns the experiment of a network on log-mel spectrograms."""
    return Experiment(
        data=GtzanAudio(),
        frontend=Normalized(
            LogMel(window=512, hop=256, scale="htk", norm="none", nominal_rate=16_000)
        ),
        model=VARIANTS[variant],
        fit=Fit(epochs=150, batch_size=batch_size, optimizer=Adam(0.005), keep="last"),
    )


def raw(variant):
    """Returns the experiment of a network on samples."""
    return Experiment(
        data=GtzanAudio(window_samples=61_740, windows=10),
        frontend=Normalized(Waveform()),
        model=VARIANTS[variant],
        fit=Fit(epochs=150, batch_size=8, optimizer=Adam(0.005), keep="last"),
    )


experiments = {
    "lstm": mel("lstm"),
    "lstm_cnn": mel("lstm_cnn"),
    "fc": mel("fc"),
    "acn_fc": mel("acn_fc"),
    "gap": mel("gap"),
    "acn_gap": mel("acn_gap"),
    "two_d": mel("two_d", batch_size=30),
    "raw_fc": raw("raw_fc"),
    "raw_gap": raw("raw_gap"),
}

RECURRENT = {"units": [64, 128, 256], "layers": [1, 2, 3], "cell": ["lstm", "gru"]}
CONVOLUTIONS = {
    "kernel": [3, 5],
    "width": [0.5, 1.0],
    "conv_dropout": [0.0, 0.1, 0.2],
    "dropout": [0.0, 0.25, 0.5],
    "initializer": ["he_uniform", "he_normal", "glorot_uniform"],
}
WINDOW = {"window": [512, 256]}


def values(name):
    """Returns what the search of a network varies: those on samples have no frames."""
    if name == "lstm":
        return RECURRENT | WINDOW
    return RECURRENT | CONVOLUTIONS | ({} if name.startswith("raw") else WINDOW)


spaces = {
    name: space(experiment, epochs=30, **values(name)) for name, experiment in experiments.items()
}
