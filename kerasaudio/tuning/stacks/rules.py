"""Update rules of Keras' optimizers for a member of a stack, whose settings are tensors.

All rules have the same arguments and results:

    weight: A weight of one layer.
    gradient: Gradient of the loss with respect to `weight`, of the same shape.
    slots: The optimizer's variables that belong to `weight`, each of the same shape.
    settings: The optimizer's settings by name, scalars.
    step: Number of this step, a scalar float that starts at 1.

They return the new weight and the new slots.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Tensors = list[tf.Tensor]
Settings = dict[str, tf.Tensor]
Rule = Callable[[tf.Tensor, tf.Tensor, Tensors, Settings, tf.Tensor], tuple[tf.Tensor, Tensors]]
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras' defaults for Adam and AdamW


def adam(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Tensors, settings: Settings, step: tf.Tensor
) -> tuple[tf.Tensor, Tensors]:
    """Returns weight and slots after one step of Keras' Adam."""
    mean = slots[0] + (gradient - slots[0]) * (1 - BETA_1)
    square = slots[1] + (gradient * gradient - slots[1]) * (1 - BETA_2)
    rate = (
        settings["learning_rate"] * tf.sqrt(1 - tf.pow(BETA_2, step)) / (1 - tf.pow(BETA_1, step))
    )
    return weight - mean * rate / (tf.sqrt(square) + settings["epsilon"]), [mean, square]


def adamw(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Tensors, settings: Settings, step: tf.Tensor
) -> tuple[tf.Tensor, Tensors]:
    """Returns weight and slots after one step of Keras' AdamW: weights decay first."""
    decayed = weight - weight * settings["weight_decay"] * settings["learning_rate"]
    return adam(decayed, gradient, slots, {**settings, "epsilon": EPSILON}, step)


def adagrad(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Tensors, settings: Settings, step: tf.Tensor
) -> tuple[tf.Tensor, Tensors]:
    """Returns weight and slots after one step of Keras' Adagrad.

    The slot starts at 0 here, so the initial value of the accumulator is added in every step.
    """
    total = slots[0] + gradient * gradient
    root = tf.sqrt(total + settings["initial_accumulator_value"] + settings["epsilon"])
    return weight - settings["learning_rate"] * gradient / root, [total]


def rmsprop(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Tensors, settings: Settings, step: tf.Tensor
) -> tuple[tf.Tensor, Tensors]:
    """Returns weight and slots after one step of Keras' RMSprop, not centred, without momentum."""
    square = settings["rho"] * slots[0] + settings["1 - rho"] * gradient * gradient
    root = tf.sqrt(square + settings["epsilon"])
    return weight - settings["learning_rate"] * gradient / root, [square]


def sgd(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Tensors, settings: Settings, step: tf.Tensor
) -> tuple[tf.Tensor, Tensors]:
    """Returns the weight after one step of Keras' SGD without momentum; it has no slots."""
    return weight - gradient * settings["learning_rate"], []


def momentum(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Tensors, settings: Settings, step: tf.Tensor
) -> tuple[tf.Tensor, Tensors]:
    """Returns weight and slots after one step of Keras' SGD with momentum."""
    velocity = slots[0] * settings["momentum"] - gradient * settings["learning_rate"]
    return weight + velocity, [velocity]


RULES: dict[str, tuple[Rule, int]] = {  # each rule and its number of slots
    "Adam": (adam, 2),
    "AdamW": (adamw, 2),
    "Adagrad": (adagrad, 1),
    "RMSprop": (rmsprop, 1),
    "SGD": (sgd, 0),
    "Momentum": (momentum, 1),
}
