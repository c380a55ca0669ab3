"""Keras' optimizers for a stack: every number of theirs is one a trial, shaped to go with that trial's weights.

Each takes weights, gradients, slots (all of one shape), those numbers and the step, from 1; gives weights and slots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Tensors = list[tf.Tensor]
Update = Callable[
    [tf.Tensor, tf.Tensor, Tensors, dict[str, tf.Tensor], tf.Tensor], tuple[tf.Tensor, Tensors]
]
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # of Adam, and of AdamW: Keras' defaults


def adam(
    weight: Any, gradient: Any, slots: Tensors, h: dict[str, Any], step: Any
) -> tuple[Any, Tensors]:
    """Adam as Keras defines it."""
    first = slots[0] + (gradient - slots[0]) * (1 - BETA_1)
    second = slots[1] + (gradient * gradient - slots[1]) * (1 - BETA_2)
    rate = h["learning_rate"] * tf.sqrt(1 - tf.pow(BETA_2, step)) / (1 - tf.pow(BETA_1, step))
    return weight - first * rate / (tf.sqrt(second) + h["epsilon"]), [first, second]


def adamw(
    weight: Any, gradient: Any, slots: Tensors, h: dict[str, Any], step: Any
) -> tuple[Any, Tensors]:
    """AdamW as Keras defines it: the weights decay before the step."""
    decayed = weight - weight * h["weight_decay"] * h["learning_rate"]
    return adam(decayed, gradient, slots, {**h, "epsilon": EPSILON}, step)


def adagrad(
    weight: Any, gradient: Any, slots: Tensors, h: dict[str, Any], step: Any
) -> tuple[Any, Tensors]:
    """Adagrad as Keras defines it, but that the slot begins at 0."""
    total = slots[0] + gradient * gradient
    root = tf.sqrt(total + h["initial_accumulator_value"] + h["epsilon"])
    return weight - h["learning_rate"] * gradient / root, [total]


def rmsprop(
    weight: Any, gradient: Any, slots: Tensors, h: dict[str, Any], step: Any
) -> tuple[Any, Tensors]:
    """RMSprop as Keras defines it, neither centred nor with momentum."""
    mean = h["rho"] * slots[0] + h["1 - rho"] * gradient * gradient
    return weight - h["learning_rate"] * gradient / tf.sqrt(mean + h["epsilon"]), [mean]


def sgd(
    weight: Any, gradient: Any, slots: Tensors, h: dict[str, Any], step: Any
) -> tuple[Any, Tensors]:
    """Gradient descent."""
    return weight - gradient * h["learning_rate"], []


def momentum(
    weight: Any, gradient: Any, slots: Tensors, h: dict[str, Any], step: Any
) -> tuple[Any, Tensors]:
    """Gradient descent with momentum as Keras defines it."""
    velocity = slots[0] * h["momentum"] - gradient * h["learning_rate"]
    return weight + velocity, [velocity]


RULES: dict[str, tuple[Update, int]] = {  # and the slots of each
    "Adam": (adam, 2),
    "AdamW": (adamw, 2),
    "Adagrad": (adagrad, 1),
    "RMSprop": (rmsprop, 1),
    "SGD": (sgd, 0),
    "Momentum": (momentum, 1),
}
