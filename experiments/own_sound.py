"""Your own recordings: a folder for each label, a CSV manifest, or label tracks; small networks.

Source: log-mel spectrograms and convolutions as in Piczak, Environmental sound classification with
convolutional neural networks (2015), with the batch normalization and average pooling of Kong et
al., PANNs (2020), and fewer weights.

    python -m kerasaudio.train --experiment own_sound:cnn2d --data ROOT --set data.path=FOLDER

Expect: depends on your recordings.
"""

from dataclasses import replace

from kerasaudio.data.own_sound import OwnSound
from kerasaudio.experiment import Adam, Cosine, Experiment, Fit
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
from kerasaudio.tuning.spaces import fitted, varied

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

CHANGES = {"after": (SpecAugment(bands=8, frames=16),)}  # of training examples, in a search
COMMON = {
    "kernel": [3, 5],
    "width": [0.5, 1.0, 1.5],
    "initializer": ["he_uniform", "he_normal", "glorot_uniform"],
    "dropout": [0.1, 0.3, 0.5],
}
RECURRENT = {"units": [32, 64, 96], "layers": [1, 2], "cell": ["gru", "lstm"]}


def own_space(member, changes, **values):
    """Returns a search space around a member, with and without random changes of its sound."""
    experiment = experiments[member]
    augmented = replace(experiment, frontend=Augmented(experiment.frontend, **changes))

    def point(hp):
        some = hp.Choice("augmentation", ["none", "some"]) == "some"
        chosen = augmented if some else experiment
        return fitted(hp, varied(hp, chosen, **values), learning_rates=(0.0005, 0.002, 0.01))

    return point


spaces = {
    "cnn2d": own_space("cnn2d", CHANGES, **COMMON),
    "cnn1d": own_space("cnn1d", CHANGES, **COMMON),
    "crnn": own_space("crnn", CHANGES, **COMMON, **RECURRENT),
    "sample_cnn": own_space("sample_cnn", {"before": (TimeShift(),)}, **COMMON),
}
