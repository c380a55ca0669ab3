"""Genres of GTZAN from samples: small convolutions after SampleCNN.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), table "CNN 1D raw waveform". Test
accuracy .684 (fc), .766 (gap), .673 (acn_gap), with windows of one song in both training and test.
`--set data.split=random_windows` uses that protocol. half_overlap is what the paper wished to try:
pools half as wide as the convolutions, as the frames of a spectrogram overlap by half.

    python -m kerasaudio.train --experiment gtzan_sample_cnn:gap --data ROOT

Expect: nothing has been run on the whole set yet.
"""

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.experiment import Adam, Experiment, Fit
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.models.sample_cnn import HALF_OVERLAP, VARIANTS
from kerasaudio.tuning.spaces import space


def cnn(network):
    """Returns the experiment of one network."""
    return Experiment(
        data=GtzanAudio(window_samples=61_740, windows=10),
        frontend=Normalized(Waveform()),
        model=network,
        fit=Fit(epochs=100, batch_size=8, optimizer=Adam(0.005), keep="last"),
    )


experiments = {
    "fc": cnn(VARIANTS["fc"]),
    "gap": cnn(VARIANTS["gap"]),
    "acn_gap": cnn(VARIANTS["acn_gap"]),
    "half_overlap": cnn(HALF_OVERLAP),
}

spaces = {
    name: space(
        experiment,
        epochs=30,
        kernel=[3, 5],
        width=[0.25, 0.5, 1.0],
        conv_dropout=[0.0, 0.1, 0.2],
        dropout=[0.0, 0.25, 0.5],
        initializer=["he_uniform", "he_normal", "glorot_uniform"],
    )
    for name, experiment in experiments.items()
}
