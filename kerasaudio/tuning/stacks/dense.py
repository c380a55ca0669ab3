"""An architecture as a chain of dense layers, if it is nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.experiment import Architecture
from kerasaudio.training.seeds import drawing_from

Activation = Callable[[tf.Tensor], tf.Tensor]

PROBE = 0  # the seed with which an architecture is built to look at it
DRAWS = 64  # seeds that are looked at; a model with more random parts is not stacked
SLOPES = {
    keras.activations.linear: 1.0,
    keras.activations.relu: 0.0,
    keras.activations.leaky_relu: 0.2,
}
NAMES = (
    "celu elu exponential gelu hard_sigmoid hard_silu hard_tanh mish relu6 selu sigmoid silu "
    "softplus softsign tanh"
)
ELEMENTWISE = {*SLOPES, *(getattr(keras.activations, name) for name in NAMES.split())}
UNSUPPORTED = (
    "kernel_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "kernel_constraint",
    "bias_constraint",
)


@dataclass(frozen=True)
class Dense:
    """A dense layer with the activation and the dropout that follow it.

    Args:
        inputs: Number of inputs.
        units: Number of outputs.
        kernel: Initializer of the weights.
        bias: Initializer of the biases; `None` for a layer without biases.
        slope: Factor of values below 0, if `activation` is `None`.
        activation: An activation that is not just a slope.
        dropout: Share of outputs that dropout sets to 0.
    """

    inputs: int
    units: int
    kernel: keras.Initializer
    bias: keras.Initializer | None
    slope: float = 1.0
    activation: Activation | None = None
    dropout: float = 0.0

    def initial(self, seeds: list[int]) -> list[np.ndarray]:
        """Returns the initial weights of shape `(inputs, units)` and biases of shape `(units,)`.

        Args:
            seeds: What `drawn_seeds` returns for the seed of the fit.
        """
        weights = [_initial(self.kernel, seeds, (self.inputs, self.units))]
        if self.bias is not None:
            weights.append(_initial(self.bias, seeds, (self.units,)))
        return weights


@lru_cache(maxsize=4096)
def dense_chain(
    architecture: Architecture, shape: tuple[int, ...], labels: int
) -> tuple[Dense, ...] | None:
    """Returns the dense layers of an architecture, or `None` if it is anything else.

    Args:
        architecture: The architecture.
        shape: Shape of the features of one example.
        labels: Number of labels; the last layer gives that many logits.
    """
    inputs = keras.Input(shape)
    try:
        with keras.StatelessScope(initialize_variables=False), drawing_from(PROBE):
            model = keras.Model(inputs, architecture(inputs, labels))
    except ValueError:
        return None  # trained alone, the trial fails with a message
    layers = model.layers
    ends = [*(layer.input for layer in layers[1:]), model.output]
    if any(end is not layer.output for end, layer in zip(ends, layers, strict=True)):
        return None
    chain = _fold(layers[1:], shape)
    return tuple(chain) if chain and _gives_logits(chain[-1], labels) else None


def _gives_logits(last: Dense, labels: int) -> bool:
    plain = last == replace(last, slope=1.0, activation=None, dropout=0.0)
    return plain and last.units == labels


def _fold(layers: list[keras.Layer], shape: tuple[int, ...]) -> list[Dense]:
    """Each dense layer with what follows it; an empty list if there is anything else."""
    chain: list[Dense] = []
    flat = len(shape) == 1
    for layer in layers:
        last = chain[-1] if chain else None
        if isinstance(layer, keras.layers.Flatten) and not chain:
            flat = True
        elif _is_plain(layer) and flat and (last is None or layer.input.shape[-1] == last.units):
            bias = layer.bias_initializer if layer.use_bias else None
            dense = Dense(layer.input.shape[-1], layer.units, layer.kernel_initializer, bias)
            chain.append(_activated(dense, _elementwise(layer.activation)))
        elif last and not last.dropout and _is_dropout(layer):
            chain[-1] = replace(last, dropout=layer.rate)
        elif last and _is_linear(last) and _elementwise(layer):
            chain[-1] = _activated(last, _elementwise(layer))
        else:
            return []
    return chain


def _is_dropout(layer: keras.Layer) -> bool:
    return type(layer) is keras.layers.Dropout and layer.noise_shape is None


def _is_linear(dense: Dense) -> bool:
    """Whether neither an activation nor dropout follows the layer yet."""
    return not dense.dropout and dense == replace(dense, slope=1.0, activation=None)


def _is_plain(layer: keras.Layer) -> bool:
    """Whether only the loss trains this dense layer, and its weights can be drawn again."""
    if (
        type(layer) is not keras.layers.Dense
        or not layer.trainable
        or layer.compute_dtype != "float32"
        or not _elementwise(layer.activation)
    ):
        return False
    seeds = {
        getattr(layer.kernel_initializer, "seed", None),
        getattr(layer.bias_initializer, "seed", None),
    } - {None}
    return not any(getattr(layer, name) for name in UNSUPPORTED) and seeds <= set(
        drawn_seeds(PROBE)
    )


def _elementwise(function: Activation | keras.Layer) -> Activation | keras.Layer | None:
    """An elementwise activation, given as a function or as a layer; `None` for anything else."""
    if not isinstance(function, keras.Layer):
        return function if function in ELEMENTWISE else None
    kind = type(function)
    if kind is keras.layers.Activation:
        return _elementwise(function.activation)
    plain_relu = kind is keras.layers.ReLU and function.max_value is None and not function.threshold
    return function if plain_relu or kind is keras.layers.LeakyReLU else None


def _activated(dense: Dense, function: Activation | keras.Layer | None) -> Dense:
    """The layer with its activation, as a slope if possible: such layers share one program."""
    if isinstance(function, keras.layers.LeakyReLU | keras.layers.ReLU):
        return replace(dense, slope=float(function.negative_slope))
    if function in SLOPES:
        return replace(dense, slope=SLOPES[function])
    return replace(dense, activation=function)


def _initial(
    initializer: keras.Initializer, seeds: list[int], shape: tuple[int, ...]
) -> np.ndarray:
    """What an initializer gives with other seeds than those of the probe."""
    if type(initializer) is keras.initializers.Zeros:
        return np.zeros(shape, np.float32)  # faster than TensorFlow, for most biases
    if hasattr(initializer, "seed"):
        place = drawn_seeds(PROBE).index(initializer.seed)
        initializer = type(initializer).from_config(
            {**initializer.get_config(), "seed": seeds[place]}
        )
    return np.asarray(initializer(shape))


@lru_cache
def drawn_seeds(seed: int) -> list[int]:
    """Returns the seeds that Keras draws for the random parts of a model, in the order of creation.

    Args:
        seed: The seed of the fit.
    """
    generator = random.Random(seed)
    return [generator.randint(1, 10**9) for _ in range(DRAWS)]


def set_weights(model: keras.Model, weights: list[np.ndarray]) -> None:
    """Sets the weights of a model's dense layers.

    Args:
        model: The model as `assemble` builds it.
        weights: Kernel, bias, kernel, ... as `Stack.member_weights` yields them.
    """
    remaining = iter(weights)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            layer.set_weights([next(remaining) for _ in layer.weights])
