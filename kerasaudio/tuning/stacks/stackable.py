"""Which experiments can be trained as one of a stack: those whose Keras model is a chain of dense layers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.experiment import SGD, Adagrad, Adam, AdamW, Experiment, Fit, RMSprop

PROBE = 0  # the seed under which an architecture is looked at
DRAWS = 64  # seeds looked at; a model with more random parts is not stacked
ORDINARY = (
    "epochs",
    "batch_size",
    "schedule",
    "keep",
    "patience",
    "select_on",
    "seed",
)  # whatever a fit has of these
SLOPES = {
    keras.activations.linear: 1.0,
    keras.activations.relu: 0.0,
    keras.activations.leaky_relu: 0.2,
}
NAMES = "celu elu exponential gelu hard_sigmoid hard_silu hard_tanh mish relu6 selu sigmoid silu softplus softsign tanh"
ELEMENTWISE = {*SLOPES, *(getattr(keras.activations, name) for name in NAMES.split())}


@dataclass(frozen=True)
class Dense:
    """A dense layer with the activation and the dropout behind it."""

    inputs: int
    units: int
    kernel: keras.Initializer
    bias: keras.Initializer | None
    slope: float = 1.0  # what values below 0 are multiplied by, where there is no activation
    activation: Callable[[Any], Any] | None = None
    dropout: float = 0.0

    def initial(self, seeds: list[int]) -> list[np.ndarray]:
        """(inputs, units) weights and (units,) biases, under the seeds that Keras draws for a model."""
        weights = [_initial(self.kernel, seeds, (self.inputs, self.units))]
        return (
            weights if self.bias is None else [*weights, _initial(self.bias, seeds, (self.units,))]
        )


@dataclass(frozen=True)
class Member:
    """One trial of a stack."""

    experiment: Experiment
    layers: tuple[Dense, ...]
    optimizer: dict[str, float]

    @property
    def rule(self) -> str:
        """The optimizer's update rule."""
        name = type(self.experiment.fit.optimizer).__name__
        return "Momentum" if self.optimizer.get("momentum") else name

    @property
    def chain(self) -> tuple[tuple[Any, bool], ...]:
        """The activation of each layer, and whether it has a bias."""
        return tuple((layer.activation, layer.bias is not None) for layer in self.layers)

    @property
    def group(self) -> Any:
        """Equal for members that one program can train."""
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
        """The weights that `assemble` would begin with: kernel, bias, kernel, ..."""
        seeds = drawn_seeds(self.experiment.fit.seed)
        return [weight for layer in self.layers for weight in layer.initial(seeds)]


def member(experiment: Experiment) -> Member | None:
    """The experiment as one of a stack, or None where it has to be trained alone."""
    data: Any = experiment.data
    frontend: Any = experiment.frontend
    model: Any = experiment.model
    fit = experiment.fit
    optimizer = _numbers(fit.optimizer)
    known = replace(
        fit, optimizer=Fit().optimizer, **{name: getattr(Fit(), name) for name in ORDINARY}
    )
    watched = getattr(fit.schedule, "watch", "loss")
    if (
        optimizer is None
        or data.task not in ("single_label", "binary")
        or known != Fit()
        or watched == "val_auc"
    ):
        return None
    shape = feature_shape(frontend, data.shape, data.rate)
    layers = _chain(model, shape, len(data.labels)) if shape else None
    return Member(experiment, layers, optimizer) if layers else None


def _numbers(optimizer: Any) -> dict[str, float] | None:
    """What sets one trial's optimizer apart from another's; None for one that a stack has no rule of."""
    if type(optimizer) not in (Adam, AdamW, Adagrad, RMSprop, SGD) or getattr(
        optimizer, "nesterov", False
    ):
        return None
    numbers = {name: float(value) for name, value in asdict(optimizer).items()}
    return numbers | {
        f"1 - {name}": 1 - numbers[name] for name in numbers if name == "rho"
    }  # before it is rounded


@lru_cache
def feature_shape(
    frontend: Any, shape: tuple[int | None, ...], rate: int | None
) -> tuple[int, ...] | None:
    """The shape of a front end's output for one example; None where it has anything to learn, or to draw.

    It is found in a graph, without values: TensorFlow's first value ends the time in which its threads can be set.
    """
    try:
        with tf.Graph().as_default(), keras.StatelessScope(initialize_variables=False):
            model = front_model(frontend, shape, rate)
    except ValueError:
        return None  # trained alone, it fails as it should
    fixed = all(
        isinstance(layer, keras.layers.Normalization) for layer in model.layers if layer.variables
    )
    found = model.output_shape[1:]
    return found if fixed and None not in found else None


def front_model(frontend: Any, shape: tuple[int | None, ...], rate: int | None) -> keras.Model:
    """The front end alone."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, frontend(inputs, rate))


@lru_cache(maxsize=4096)
def _chain(architecture: Any, shape: tuple[int, ...], labels: int) -> tuple[Dense, ...] | None:
    """The dense layers of an architecture, if it is nothing else; the last gives the logits."""
    keras.utils.set_random_seed(PROBE)
    inputs = keras.Input(shape)
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = keras.Model(inputs, architecture(inputs, labels))
    except ValueError:
        return None  # trained alone, it fails as it should
    layers = model.layers
    ends = [*(layer.input for layer in layers[1:]), model.output]
    if any(end is not layer.output for end, layer in zip(ends, layers, strict=True)):
        return None
    chain = _fold(layers[1:], shape)
    whole = (
        chain
        and chain[-1].units == labels
        and replace(chain[-1], slope=1.0, dropout=0.0) == chain[-1]
    )
    return tuple(chain) if whole and not any(layer.activation for layer in chain[-1:]) else None


def _fold(layers: list[keras.layers.Layer], shape: tuple[int, ...]) -> list[Dense]:
    """Each dense layer with what follows it; empty where there is anything else."""
    chain: list[Dense] = []
    flat = len(shape) == 1
    for layer in layers:
        last = chain[-1] if chain else None
        if isinstance(layer, keras.layers.Flatten) and not chain:
            flat = True
        elif _plain(layer) and flat and (last is None or layer.input.shape[-1] == last.units):
            bias = layer.bias_initializer if layer.use_bias else None
            dense = Dense(layer.input.shape[-1], layer.units, layer.kernel_initializer, bias)
            chain.append(_activated(dense, _elementwise(layer.activation)))
        elif (
            type(layer) is keras.layers.Dropout
            and last
            and not last.dropout
            and layer.noise_shape is None
        ):
            chain[-1] = replace(last, dropout=layer.rate)
        elif (
            last
            and not last.dropout
            and last == replace(last, slope=1.0, activation=None)
            and _elementwise(layer)
        ):
            chain[-1] = _activated(last, _elementwise(layer))
        else:
            return []
    return chain


def _plain(layer: keras.layers.Layer) -> bool:
    """Whether this is a dense layer whose weights are trained by the loss alone, and can be drawn again."""
    if (
        type(layer) is not keras.layers.Dense
        or not layer.trainable
        or layer.compute_dtype != "float32"
    ):
        return False
    if not _elementwise(layer.activation):
        return False
    extras = (
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
    )
    seeds = {
        getattr(layer.kernel_initializer, "seed", None),
        getattr(layer.bias_initializer, "seed", None),
    } - {None}
    return not any(getattr(layer, name) for name in extras) and seeds <= set(drawn_seeds(PROBE))


def _elementwise(function: Any) -> Any:
    """An activation, as a function or as a layer; None for anything else, also where units are not independent."""
    if type(function) is keras.layers.Activation:
        function = function.activation
    if type(function) is keras.layers.LeakyReLU:
        return function
    if (
        type(function) is keras.layers.ReLU
        and function.max_value is None
        and not function.threshold
    ):
        return function
    return function if function in ELEMENTWISE else None


def _activated(dense: Dense, function: Any) -> Dense:
    """The layer with its activation: a slope where that says it all, so that such layers train in one program."""
    if isinstance(function, keras.layers.LeakyReLU | keras.layers.ReLU):
        return replace(dense, slope=float(function.negative_slope))
    return (
        replace(dense, slope=SLOPES[function])
        if function in SLOPES
        else replace(dense, activation=function)
    )


def _initial(
    initializer: keras.Initializer, seeds: list[int], shape: tuple[int, ...]
) -> np.ndarray:
    """What an initializer gives under other seeds than those with which it was probed."""
    if type(initializer) is keras.initializers.Zeros:
        return np.zeros(shape, np.float32)  # of most biases: without the way through TensorFlow
    if hasattr(initializer, "seed"):
        place = drawn_seeds(PROBE).index(initializer.seed)
        initializer = type(initializer).from_config(
            {**initializer.get_config(), "seed": seeds[place]}
        )
    return np.asarray(initializer(shape))


@lru_cache
def drawn_seeds(seed: int) -> list[int]:
    """The seeds that Keras gives to the random parts of a model, in the order in which they are made."""
    return list(_draws(random.Random(seed)))


def _draws(generator: random.Random) -> Iterator[int]:
    for _ in range(DRAWS):
        yield generator.randint(1, 10**9)


def set_weights(model: keras.Model, weights: list[np.ndarray]) -> None:
    """Give a member's weights to its model as `assemble` makes it."""
    left = iter(weights)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            layer.set_weights([next(left) for _ in layer.weights])
