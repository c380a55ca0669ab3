"""Your own recordings: a folder for each label, a CSV manifest, or label tracks; small networks.

Source: log-mel spectrograms and convolutions as in Piczak, Environmental sound classification with
convolutional neural networks (2015), with the batch normalization and average pooling of Kong et
al., PANNs (2020), and fewer weights.

    python -m kerasaudio.train --experiment own_sound:cnn2d --data ROOT --set data.path=FOLDER

Expect: depends on your recordings.
"""

from dataclasses import replace

from kerasaudio.data.own_sound import OwnSound
from kerasaudio.experiment import SGD, Adam, AdamW, Cosine, Experiment, Fit, RMSprop
from kerasaudio.frontends.augmented import Augmented
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.sound_augmentations import TimeShift
from kerasaudio.frontends.spec_augment import SpecAugment
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.cnn2d import CNN2D
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import Pooled
from kerasaudio.models.rcnn import RCNN, RCNN2D, Recurrent

MEL = Normalized(LogMel(window=1024, hop=512, bands=64))
FIT = Fit(epochs=25, batch_size=64, optimizer=Adam(0.002), schedule=Cosine())
HEAD = Pooled(dropout=0.3)


def pooled(*filters, kernel=3, pool=2, **values):
    """Returns convolutions that keep the length, each but the last one with a pool."""
    values = {"pooling": "average", **values}
    return tuple(
        Conv(each, kernel=kernel, padding=kernel // 2, pool=pool if place > 1 else 1, **values)
        for place, each in zip(range(len(filters), 0, -1), filters, strict=True)
    )


experiments = {
    "cnn2d": Experiment(OwnSound(), MEL, CNN2D(pooled(16, 32, 64, 128), HEAD), FIT),
    "cnn1d": Experiment(
        OwnSound(), MEL, CNN1D(pooled(64, 64, 128, 128, dropout=0.1), HEAD), replace(FIT, epochs=40)
    ),
    "crnn": Experiment(
        OwnSound(),
        MEL,
        RCNN2D(RCNN(pooled(16, 32, 64, 64), Recurrent(64, 1, "gru", "all"), HEAD)),
        FIT,
    ),
    "sample_cnn": Experiment(
        OwnSound(rate=16_000, hop=1.0),
        Normalized(Waveform()),
        CNN1D(
            (Conv(32, stride=3), *pooled(32, 32, 64, 64, 64, 128, 128, pool=3, pooling="max")), HEAD
        ),
        replace(FIT, epochs=40),
    ),
}

OPTIMIZERS = {"adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "sgd": SGD}


def fit_space(hp, fit):
    """Returns a fit with an optimizer and a learning rate from the search space."""
    optimizer = OPTIMIZERS[hp.Choice("optimizer", list(OPTIMIZERS))]
    return replace(fit, optimizer=optimizer(hp.Choice("learning_rate", [0.0005, 0.002, 0.01])))


def convs_space(hp, **values):
    """Returns the values of convolutions from the search space."""
    return {
        "kernel": hp.Choice("kernel", [3, 5]),
        "initializer": hp.Choice("initializer", ["he_uniform", "he_normal", "glorot_uniform"]),
        **values,
    }


def frontend_space(hp, inner, **changes):
    """Returns a front end with or without random changes of the training examples."""
    if hp.Choice("augmentation", ["none", "some"]) == "none":
        return inner
    return Augmented(inner, **changes)


def mel_space(hp):
    """Returns the spectrogram from the search space."""
    return frontend_space(hp, MEL, after=(SpecAugment(bands=8, frames=16),))


def head_space(hp):
    """Returns a head from the search space."""
    return Pooled(dropout=hp.Choice("dropout", [0.1, 0.3, 0.5]))


def cnn2d_space(hp):
    """The two-dimensional network with 2 * 2 * 3 * 3 * 3 * 4 * 3 = 1296 points."""
    width = hp.Choice("filters", [8, 16, 24])
    convs = pooled(width, 2 * width, 4 * width, 8 * width, **convs_space(hp))
    value = experiments["cnn2d"]
    model = CNN2D(convs, head_space(hp))
    return replace(value, frontend=mel_space(hp), model=model, fit=fit_space(hp, value.fit))


def cnn1d_space(hp):
    """The one-dimensional network with 1296 points."""
    width = hp.Choice("filters", [32, 64, 96])
    convs = pooled(width, width, 2 * width, 2 * width, **convs_space(hp, dropout=0.1))
    value = experiments["cnn1d"]
    model = CNN1D(convs, head_space(hp))
    return replace(value, frontend=mel_space(hp), model=model, fit=fit_space(hp, value.fit))


def crnn_space(hp):
    """The recurrent network with 5184 points."""
    recurrent = Recurrent(
        units=hp.Choice("units", [32, 64, 96]),
        layers=hp.Choice("layers", [1, 2]),
        cell=hp.Choice("cell", ["gru", "lstm"]),
    )
    network = RCNN(pooled(16, 32, 64, 64, **convs_space(hp)), recurrent, head_space(hp))
    value = experiments["crnn"]
    fit = fit_space(hp, value.fit)
    return replace(value, frontend=mel_space(hp), model=RCNN2D(network), fit=fit)


def sample_cnn_space(hp):
    """The network on samples with 1296 points."""
    width = hp.Choice("filters", [16, 32, 48])
    widths = (width, width, 2 * width, 2 * width, 2 * width, 4 * width, 4 * width)
    convs = pooled(*widths, pool=3, pooling="max", **convs_space(hp))
    value = experiments["sample_cnn"]
    model = CNN1D((Conv(width, stride=3), *convs), head_space(hp))
    frontend = frontend_space(hp, value.frontend, before=(TimeShift(),))
    return replace(value, frontend=frontend, model=model, fit=fit_space(hp, value.fit))


spaces = {
    "cnn2d": cnn2d_space,
    "cnn1d": cnn1d_space,
    "crnn": crnn_space,
    "sample_cnn": sample_cnn_space,
}
