"""Which experiments can train in a stack: those whose Keras model is a chain of dense layers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.experiment import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Binary,
    DataSet,
    Experiment,
    Fit,
    FrontEnd,
    RMSprop,
    SingleLabel,
)
from kerasaudio.experiment.optimizers import Optimizer
from kerasaudio.tuning.stacks.dense import Dense, dense_chain, drawn_seeds
from kerasaudio.tuning.stacks.epoch import METRICS, Chain

Group = tuple[DataSet, FrontEnd, Chain, str, int, int]

FREE = (  # fields of a fit that may have any value in a stack
    "epochs",
    "batch_size",
    "schedule",
    "keep",
    "patience",
    "select_on",
    "seed",
)


@dataclass(frozen=True)
class Member:
    """One trial of a stack.

    Args:
        experiment: The trial's experiment.
        layers: The dense layers of its model.
        optimizer: Settings of its optimizer by name.
    """

    experiment: Experiment
    layers: tuple[Dense, ...]
    optimizer: dict[str, float]

    @property
    def rule(self) -> str:
        """Name of the optimizer's update rule, a key of `RULES`."""
        name = type(self.experiment.fit.optimizer).__name__
        return "Momentum" if self.optimizer.get("momentum") else name

    @property
    def chain(self) -> Chain:
        """The activation of each layer, and whether the layer has a bias."""
        return tuple((layer.activation, layer.bias is not None) for layer in self.layers)

    @property
    def group(self) -> Group:
        """A key that is equal for members that one program can train."""
        fit = self.experiment.fit
        return (
            self.experiment.data,
            self.experiment.frontend,
            self.chain,
            self.rule,
            fit.batch_size,
            fit.epochs,
        )

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """The weights that `assemble` would start with: kernel, bias, kernel, ..."""
        seeds = drawn_seeds(self.experiment.fit.seed)
        return [weight for layer in self.layers for weight in layer.initial(seeds)]


def member(experiment: Experiment) -> Member | None:
    """Returns the experiment as a member of a stack, or `None` if it has to train alone."""
    data, fit = experiment.data, experiment.fit
    # A stack computes the softmax cross-entropy of one label itself, so it has to know the task.
    if not isinstance(data.task, SingleLabel | Binary) or not _is_fit_known(fit):
        return None
    optimizer = _settings(fit.optimizer)
    if optimizer is None:
        return None
    shape = feature_shape(experiment.frontend, data.shape, data.rate)
    layers = dense_chain(experiment.model, shape, len(data.labels)) if shape else None
    return Member(experiment, layers, optimizer) if layers else None


def _is_fit_known(fit: Fit) -> bool:
    """Whether a stack can follow the fit's settings, except for its optimizer."""
    default = Fit()
    free = {name: getattr(default, name) for name in FREE}
    if replace(fit, optimizer=default.optimizer, **free) != default:
        return False
    return fit.schedule is None or fit.schedule.watch in METRICS


def _settings(optimizer: Optimizer) -> dict[str, float] | None:
    """The optimizer's numbers by name; `None` for an optimizer that has no rule."""
    if type(optimizer) not in (Adam, AdamW, Adagrad, RMSprop, SGD):
        return None
    if isinstance(optimizer, SGD) and optimizer.nesterov:
        return None
    numbers = {name: float(value) for name, value in asdict(optimizer).items()}
    if "rho" in numbers:
        numbers["1 - rho"] = 1 - numbers["rho"]  # before it is rounded to float32
    return numbers


@lru_cache
def feature_shape(
    frontend: FrontEnd, shape: tuple[int | None, ...], rate: int | None
) -> tuple[int, ...] | None:
    """Returns the shape of a front end's output for one example.

    The shape is found in a graph, without values: TensorFlow's threads can't be set any more once
    it has computed its first value.

    Args:
        frontend: The front end.
        shape: Shape of one example.
        rate: Sampling rate in Hz, or `None` where examples are not sound.

    Returns:
        The shape, or `None` if the front end learns or draws anything, or has no fixed shape.
    """
    try:
        with tf.Graph().as_default(), keras.StatelessScope(initialize_variables=False):
            model = front_model(frontend, shape, rate)
    except ValueError:
        return None  # trained alone, the trial fails with a message
    fixed = all(
        isinstance(layer, keras.layers.Normalization) for layer in model.layers if layer.variables
    )
    found = model.output_shape[1:]
    return found if fixed and None not in found else None


def front_model(frontend: FrontEnd, shape: tuple[int | None, ...], rate: int | None) -> keras.Model:
    """Returns the front end as a model of its own.

    Args:
        frontend: The front end.
        shape: Shape of one example.
        rate: Sampling rate in Hz, or `None` where examples are not sound.
    """
    inputs = keras.Input(shape)
    return keras.Model(inputs, frontend(inputs, rate))
