"""Genres of GTZAN from log-mel spectrograms: convolutions along time, with AlexNet and VGG16.

Source: Ferdia Fagan, music genre recognition on GTZAN (2021), tables "CNN 1D mel spectrogram". Test
accuracy .834 (alexnet), .709 (vgg16), .765 (fc), .832 (fc_dropout), .941 (gap), .839 (acn_fc), .910
(acn_gap), with windows of one song in both training and test. `--set data.split=random_windows`
uses that protocol.

    python -m kerasaudio.train --experiment gtzan_cnn1d:gap --data ROOT

Expect: nothing has been run on the whole set yet.
"""

from dataclasses import replace

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.experiment import SGD, Adam, Experiment, Fit, RMSprop
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.models.cnn1d import VARIANTS

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

OPTIMIZERS = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}


def gap_space(hp):
    """The gap network with 4 * 3 * 3 * 3 * 3 = 324 points.

    The paper's findings: kernels should be odd; dropout should be small in the first layers and
    larger in the head; frames of 1024 samples are better than those of 512 and 256.
    """
    gap = experiments["gap"]
    model = gap.model.with_kernel(hp.Choice("kernel", [3, 5, 9, 11]))
    model = replace(model, head=replace(model.head, dropout=hp.Choice("dropout", [0.0, 0.25, 0.5])))
    optimizer = OPTIMIZERS[hp.Choice("optimizer", list(OPTIMIZERS))](
        hp.Choice("learning_rate", [0.0005, 0.001, 0.005])
    )
    frontend = mel(hp.Choice("window", [256, 512, 1024]))
    return replace(
        gap, frontend=frontend, model=model, fit=replace(FIT, epochs=30, optimizer=optimizer)
    )


spaces = {"gap": gap_space}
