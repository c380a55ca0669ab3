"""The parent of search spaces: an experiment whose parts take other values.

A family of experiments names what it varies and the values to try:

    spaces = {"gap": space(experiments["gap"], kernel=[3, 5, 9], window=[512, 1024])}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

from keras_tuner import HyperParameters

from kerasaudio.experiment import SGD, Adam, AdamW, Experiment, RMSprop
from kerasaudio.experiment.catalogue import Space
from kerasaudio.experiment.optimizers import Optimizer
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.spectrogram import FlatSpectrogram
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected, GlobalAverage, Pooled
from kerasaudio.models.mlp import MLP
from kerasaudio.models.rcnn import Recurrent
from kerasaudio.models.residual_cnn import ResidualCNN
from kerasaudio.models.strided_cnn import StridedCNN

OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {"adam": Adam(), "adamw": AdamW(), "rmsprop": RMSprop(), "sgd": SGD(momentum=0.9)}
)

Frames = LogMel | FlatSpectrogram
Change = Callable[[Any, Any], Any]  # a part and a value -> the part with that value


def _field(name: str) -> Change:
    return lambda part, value: replace(part, **{name: value})


def _scaled(filters: int, factor: float) -> int:
    return max(1, round(filters * factor))


def _all_scaled(network: StridedCNN | ResidualCNN, factor: float) -> StridedCNN | ResidualCNN:
    return replace(network, filters=tuple(_scaled(each, factor) for each in network.filters))


def _half_overlapping(spectrogram: Frames, window: int) -> Frames:
    return replace(spectrogram, window=window, hop=window // 2)


# What a hyper-parameter changes, in each part of the model and the front end of these kinds.
CHANGES: Mapping[str, Mapping[type, Change]] = MappingProxyType(
    {
        "kernel": {
            Conv: Conv.with_kernel,
            ResidualCNN: _field("kernel"),
            StridedCNN: _field("kernel"),
        },
        "width": {  # factor of all numbers of filters
            Conv: lambda conv, factor: replace(conv, filters=_scaled(conv.filters, factor)),
            ResidualCNN: _all_scaled,
            StridedCNN: _all_scaled,
        },
        "conv_dropout": {
            Conv: _field("dropout"),
            ResidualCNN: _field("block_dropout"),
            StridedCNN: _field("conv_dropout"),
        },
        "dropout": {  # of the head
            FullyConnected: _field("dropout"),
            GlobalAverage: _field("dropout"),
            Pooled: _field("dropout"),
            ResidualCNN: _field("dropout"),
            StridedCNN: _field("dense_dropout"),
            MLP: lambda mlp, rate: replace(mlp, dropout=(rate,) * len(mlp.units)),
        },
        "initializer": {
            Conv: _field("initializer"),
            GlobalAverage: _field("initializer"),
            ResidualCNN: _field("initializer"),
            StridedCNN: _field("initializer"),
            MLP: _field("initializer"),
        },
        "activation": {MLP: _field("activation")},
        "batch_norm": {StridedCNN: _field("batch_norm")},
        "norm_input": {StridedCNN: _field("norm_input")},
        "norm_dense": {StridedCNN: _field("norm_dense")},
        "each_dropout": {StridedCNN: _field("each_dropout")},
        "feature_dropout": {StridedCNN: _field("feature_dropout")},
        "l2": {StridedCNN: _field("l2")},
        "expansion": {ResidualCNN: _field("expansion")},
        "levels": {ResidualCNN: _field("levels")},
        "units": {
            Recurrent: _field("units"),
            MLP: lambda mlp, units: replace(mlp, units=(units,) * len(mlp.units)),
        },
        "layers": {Recurrent: _field("layers")},
        "cell": {Recurrent: _field("cell")},
        "window": {LogMel: _half_overlapping, FlatSpectrogram: _half_overlapping},
    }
)


def space(
    experiment: Experiment,
    optimizers: Mapping[str, Optimizer] = OPTIMIZERS,
    learning_rates: Sequence[float] = (0.0005, 0.001, 0.005),
    epochs: int | None = None,
    **values: Sequence[Any],
) -> Space:
    """Returns a search space around an experiment.

    Args:
        experiment: The experiment; what is not named stays as it is there.
        optimizers: Optimizers to try, by name.
        learning_rates: Learning rates to try.
        epochs: Epochs of a trial; `None` keeps those of the experiment.
        **values: Values to try by the name of the hyper-parameter, which is a key of `CHANGES`.
    """

    def point(hp: HyperParameters) -> Experiment:
        return fitted(hp, varied(hp, experiment, **values), optimizers, learning_rates, epochs)

    return point


def varied(hp: HyperParameters, experiment: Experiment, **values: Sequence[Any]) -> Experiment:
    """Returns the experiment with values of its front end and its model from a search space.

    Args:
        hp: KerasTuner's hyper-parameters.
        experiment: The experiment.
        **values: As for `space`.
    """
    for name, choices in values.items():
        value, kinds = hp.Choice(name, list(choices)), CHANGES[name]
        experiment = replace(
            experiment,
            frontend=_changed(experiment.frontend, kinds, value),
            model=_changed(experiment.model, kinds, value),
        )
    return experiment


def fitted(
    hp: HyperParameters,
    experiment: Experiment,
    optimizers: Mapping[str, Optimizer] = OPTIMIZERS,
    learning_rates: Sequence[float] = (0.0005, 0.001, 0.005),
    epochs: int | None = None,
) -> Experiment:
    """Returns the experiment with an optimizer and a learning rate from a search space.

    Args:
        hp: KerasTuner's hyper-parameters.
        experiment: The experiment.
        optimizers: Optimizers to try, by name.
        learning_rates: Learning rates to try.
        epochs: Epochs of a trial; `None` keeps those of the experiment.
    """
    optimizer = replace(
        optimizers[hp.Choice("optimizer", list(optimizers))],
        learning_rate=hp.Choice("learning_rate", list(learning_rates)),
    )
    fit = experiment.fit
    return replace(experiment, fit=replace(fit, optimizer=optimizer, epochs=epochs or fit.epochs))


def _changed(part: Any, kinds: Mapping[type, Change], value: Any) -> Any:
    """The part with a change of each part of these kinds that it is or has inside."""
    if isinstance(part, tuple):
        return tuple(_changed(each, kinds, value) for each in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    inside = {
        field.name: _changed(getattr(part, field.name), kinds, value)
        for field in fields(part)
        if field.init
    }
    part = replace(part, **inside)
    change = kinds.get(type(part))
    return change(part, value) if change else part
