"""Genres of GTZAN from log-mel spectrograms: convolutions over frames and bands.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), table "CNN 2D mel spectrogram". Test
accuracy .594 (base), .850 (acn), with windows of one song in both training and test.
`--set data.split=random_windows` uses that protocol.

    python -m kerasaudio.train --experiment gtzan_cnn2d:acn --data ROOT

Expect: nothing has been run on the whole set yet.
"""

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.experiment import Adam, Experiment, Fit
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.models.cnn2d import VARIANTS
from kerasaudio.tuning.spaces import space


def cnn(variant):
    """Returns the experiment of one network."""
    return Experiment(
        data=GtzanAudio(),
        frontend=Normalized(
            LogMel(window=512, hop=256, scale="htk", norm="none", nominal_rate=16_000)
        ),
        model=VARIANTS[variant],
        fit=Fit(epochs=100, batch_size=30, optimizer=Adam(0.005), keep="last"),
    )


experiments = {"base": cnn("base"), "acn": cnn("acn")}

spaces = {
    name: space(
        experiment,
        epochs=30,
        kernel=[3, 5],
        width=[0.5, 1.0],
        conv_dropout=[0.0, 0.1, 0.2],
        dropout=[0.0, 0.25, 0.5],
        initializer=["he_uniform", "he_normal", "glorot_uniform"],
        window=[256, 512],
    )
    for name, experiment in experiments.items()
}
