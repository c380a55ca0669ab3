"""Genres of GTZAN from its 57-column feature table: three dense layers.

Source: Pamela Sin, report on GTZAN for ITI106 (768 runs: best 0.717, selected on its own test
split).

    python -m kerasaudio.train --experiment gtzan_mlp

Expect: with --data ROOT --seeds 5, mean test accuracy 0.711 ± 0.020 (n = 300 each, random_70_30,
epochs chosen on 140 validation rows); with --set data.split=filtered, 0.532 ± 0.009 (n = 290).
About three seconds a run on two cores.

`keep="best_accuracy"`: on `filtered` the validation loss is lowest after three epochs while
accuracy rises for forty more (test accuracy 0.445 with "best_loss", 0.532 with "best_accuracy"; on
`random_70_30`, ten seeds, 0.711 and 0.726).
"""

from dataclasses import replace

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.experiment import SGD, Adam, Experiment, Fit, RMSprop
from kerasaudio.experiment.claims import NoTrend, Share
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.models.mlp import MLP

experiment = Experiment(
    data=GtzanFeatures(split="random_70_30"),
    frontend=Standardize(),
    model=MLP(units=(128, 128, 64), dropout=(0.1, 0.2, 0.1), activation="leaky_relu"),
    fit=Fit(epochs=50, batch_size=32, optimizer=Adam(), keep="best_accuracy"),
)

OPTIMIZERS = {"adam": Adam(), "sgd": SGD(), "rmsprop": RMSprop()}


def space(hp):
    """The paper's grid of 2**8 * 3 = 768 points, with ten epochs each."""
    model = MLP(
        units=tuple(hp.Choice(f"units{layer}", [64, 128]) for layer in (1, 2, 3)),
        dropout=tuple(hp.Choice(f"dropout{layer}", [0.1, 0.2]) for layer in (1, 2, 3)),
        activation=hp.Choice("activation", ["relu", "leaky_relu"]),
        initializer=hp.Choice("initializer", ["glorot_uniform", "random_uniform"]),
    )
    optimizer = OPTIMIZERS[hp.Choice("optimizer", list(OPTIMIZERS))]
    return replace(
        experiment, model=model, fit=replace(experiment.fit, epochs=10, optimizer=optimizer)
    )


claims = (
    Share(
        "The top 99 results all use glorot_uniform",
        "initializer",
        ("glorot_uniform",),
        top=99,
        least=1.0,
    ),
    Share(
        "At least the top 100 use Adam or RMSprop",
        "optimizer",
        ("adam", "rmsprop"),
        top=100,
        least=1.0,
    ),
    Share("Most of the top 100 use leaky ReLU", "activation", ("leaky_relu",), top=100, least=0.5),
    NoTrend(
        "Units and dropout show no clear trend",
        ("units1", "units2", "units3", "dropout1", "dropout2", "dropout3"),
        margin=0.01,
    ),
)
