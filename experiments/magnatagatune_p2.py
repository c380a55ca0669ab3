"""Fifty tags of MagnaTagATune from samples, or from a spectrogram laid out like samples.

Source: Chandrasekar, replication of Dieleman and Schrauwen 2014 (University of Bristol, COMSM0045).
ROC-AUC on its 4,392 test clips (12-1-3, merged tags): .8147 (raw_1024_1024), .8130 (raw_1024_512),
.8250 (raw_512_512), .8267 (raw_512_256), .8285 (raw_256_256), .83 (raw_batch_norm), .83
(raw_dropout), .73 (spectrogram), .86 (spectrogram_batch_norm_dropout), the last four ± .01.
`--set model.average=logits` and `scores` average the windows at other places in the network, which
the paper's text also allows.

    python -m kerasaudio.train --experiment magnatagatune_p2:raw_256_256 --data ROOT
    python -m kerasaudio.search --experiment magnatagatune_p2:raw_256_256 --data ROOT \\
        --strategy random

Expect: nothing has been run on the whole set yet. On the stand-in (90 synthetic test clips, 34
tags) ROC-AUC 0.879 of raw_256_256 with `--set fit.epochs=80` (its 360 training clips are 36 steps
an epoch) and 0.912 of spectrogram_batch_norm_dropout in its 20 epochs. Without batch normalization
the network on the spectrogram does not learn at a learning rate of .05, because the values of the
spectrogram are large (all scores are equal for two seeds of three); at .01 it learns.
"""

from dataclasses import replace

from kerasaudio.data.magnatagatune import MagnaTagATune
from kerasaudio.experiment import SGD, Adam, Experiment, Fit
from kerasaudio.frontends.spectrogram import FlatSpectrogram
from kerasaudio.frontends.windows import Windows
from kerasaudio.models.strided_cnn import LENGTHS_AND_STRIDES, VARIANTS
from kerasaudio.models.windowed import Windowed
from kerasaudio.tuning.spaces import fitted, varied

RAW, SPECTROGRAM = Windows(), Windows(inner=FlatSpectrogram())


def row(length=256, stride=256, frontend=RAW, **changes):
    """Returns a row of the paper's tables; `changes` are other fields of the network."""
    network = replace(VARIANTS["chandrasekar"], length=length, stride=stride, **changes)
    return Experiment(
        data=MagnaTagATune(split="12-1-3"),
        frontend=frontend,
        model=Windowed(network, average="features"),
        fit=Fit(epochs=20, batch_size=10, optimizer=SGD(0.05, momentum=0.94), keep="last"),
    )


experiments = {
    "raw_1024_1024": row(1024, 1024),
    "raw_1024_512": row(1024, 512),
    "raw_512_512": row(512, 512),
    "raw_512_256": row(512, 256),
    "raw_256_256": row(256, 256),
    "raw_batch_norm": row(batch_norm=True),
    "raw_dropout": row(dense_dropout=0.5),
    "spectrogram": row(frontend=SPECTROGRAM),
    "spectrogram_batch_norm_dropout": row(frontend=SPECTROGRAM, batch_norm=True, dense_dropout=0.5),
}


PAIRS = {f"{length}, {stride}": (length, stride) for length, stride in LENGTHS_AND_STRIDES}


def searched(experiment):
    """Returns the space of a network: the paper's rates, momenta and batch sizes, and its layers.

    It has every place where the paper's text allows batch normalization and dropout.

    Of networks on samples, lengths and strides of the first convolution as well. Bayesian and
    random searches suit it: there are many points.
    """

    spectrogram = {} if experiment.frontend == RAW else {"window": [400, 256, 512]}

    def point(hp):
        value = varied(
            hp,
            experiment,
            **spectrogram,
            kernel=[8, 4, 16],
            width=[1.0, 0.5, 2.0],
            each_dropout=[0.0, 0.1, 0.25],
            conv_dropout=[0.0, 0.25, 0.5],
            feature_dropout=[0.0, 0.25, 0.5],
            dropout=[0.0, 0.25, 0.5],
            batch_norm=[
                experiment.model.network.batch_norm,
                not experiment.model.network.batch_norm,
            ],
            norm_input=[False, True],
            norm_dense=[False, True],
            initializer=["he_normal", "torch"],
        )
        if experiment.frontend == RAW:
            length, stride = PAIRS[hp.Choice("length and stride", list(PAIRS))]
            network = replace(value.model.network, length=length, stride=stride)
            value = replace(value, model=replace(value.model, network=network))
        momentum = hp.Choice("momentum", [0.9, 0.92, 0.94, 0.97, 0.99])
        optimizers = {"sgd": SGD(momentum=momentum), "adam": Adam()}
        value = fitted(hp, value, optimizers, [0.01, 0.02, 0.05, 0.1, 0.2])
        batch_size = hp.Choice("batch_size", [5, 10, 20, 50, 100])
        return replace(value, fit=replace(value.fit, batch_size=batch_size))

    return point


spaces = {name: searched(experiment) for name, experiment in experiments.items()}
