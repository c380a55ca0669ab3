"""Fifty tags of MagnaTagATune from samples: one learned filter, or 2.8 million weights.

Source: Roy, replication of Dieleman and Schrauwen 2014 (University of Bristol, COMSM0045). ROC-AUC
on the 4,392 clips that also chose the settings (13-3, merged tags; there is no separate test
split): .7428 (base_1024_1024), .7702 (base_1024_512), .7718 (base_512_512), .7931 (base_512_256),
.7827 (base_256_256), .8572 (improved). `--set data.split=12-1-3` chooses on part c and tests on
parts d to f instead. The paper says that L2 lowered the AUC and that the low pass changed little.

    python -m kerasaudio.train --experiment magnatagatune_p3:improved --data ROOT
    python -m kerasaudio.search --experiment magnatagatune_p3:base_256_256 --data ROOT \\
        --strategy grid

Expect: nothing has been run on the whole set yet. One epoch of improved on the stand-in (390
synthetic training clips, 90 of 34 tags to test on) takes a minute or two on two cores: ROC-AUC
0.626.
"""

from dataclasses import replace

from kerasaudio.data.magnatagatune import MagnaTagATune
from kerasaudio.experiment import SGD, Adam, Experiment, Fit, Plateau
from kerasaudio.frontends.low_pass import LowPass
from kerasaudio.frontends.windows import Windows
from kerasaudio.models.strided_cnn import VARIANTS
from kerasaudio.models.windowed import Windowed
from kerasaudio.tuning.spaces import fitted, varied

RAW = Windows()
FIT = Fit(epochs=20, batch_size=10, optimizer=Adam(0.001), keep="last")


def base(length, stride):
    """Returns the experiment of the small network."""
    return Experiment(
        data=MagnaTagATune(split="13-3"),
        frontend=RAW,
        model=Windowed(replace(VARIANTS["roy"], length=length, stride=stride), average="logits"),
        fit=FIT,
    )


def improved(l2=0.0, frontend=RAW):
    """Returns the experiment of the large network."""
    return Experiment(
        data=MagnaTagATune(split="13-3"),
        frontend=frontend,
        model=Windowed(replace(VARIANTS["roy_improved"], l2=l2), average="logits"),
        fit=replace(
            FIT, optimizer=Adam(0.01), schedule=Plateau(factor=0.2, patience=3, watch="val_auc")
        ),
    )


experiments = {
    "base_1024_1024": base(1024, 1024),
    "base_1024_512": base(1024, 512),
    "base_512_512": base(512, 512),
    "base_512_256": base(512, 256),
    "base_256_256": base(256, 256),
    "improved": improved(),
    "improved_l2": improved(l2=1e-4),
    "improved_low_pass": improved(frontend=LowPass(loudest=20)),
}


# The paper first tried a Nesterov momentum of .9, then found Adam better.
OPTIMIZERS = {"adam": Adam(), "nesterov": SGD(momentum=0.9, nesterov=True)}

# Depth and width of the improved network, which the paper varied.
FILTERS = {
    "128-128-512-512": (128, 128, 512, 512),
    "128-128-512": (128, 128, 512),
    "32-32-32": (32, 32, 32),
    "128-128-512-512-512": (128, 128, 512, 512, 512),
    "256-256-1024-1024": (256, 256, 1024, 1024),
}
VALUES = {
    "kernel": [8, 4],
    "conv_dropout": [0.0, 0.25, 0.5],
    "dropout": [0.0, 0.25, 0.5],
    "batch_norm": [False, True],
    "l2": [0.0, 1e-4],
    "initializer": ["torch", "he_normal"],
}


def searched(experiment):
    """Returns the space of a network; that of an improved one also has its depth and width."""

    def point(hp):
        value = varied(hp, experiment, **VALUES)
        network = value.model.network
        if len(network.filters) > 3:
            network = replace(network, filters=FILTERS[hp.Choice("filters", list(FILTERS))])
            value = replace(value, model=replace(value.model, network=network))
        else:
            value = varied(hp, value, width=[1.0, 0.5, 2.0])
        return fitted(hp, value, OPTIMIZERS, [0.001, 0.01, 0.05])

    return point


spaces = {name: searched(experiment) for name, experiment in experiments.items()}
