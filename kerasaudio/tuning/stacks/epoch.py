"""One epoch of a stack, compiled by XLA: forward, backward and the update rule for each member.

The program is written for one member. A CPU computes the members of a stack one after the other: a
member's weights and slots stay in the cache of its core. A GPU computes all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import tensorflow as tf

from kerasaudio.tuning.stacks.rules import RULES, Settings, Tensors
from kerasaudio.tuning.stacks.sizes import sizes

METRICS = ("accuracy", "loss", "val_accuracy", "val_loss")  # what an epoch returns, in this order

Pair = tuple[tf.Tensor, tf.Tensor]
State = tuple[Tensors, list[Tensors]]  # the weights, and the slots of each weight
Chain = tuple[tuple[Callable[[tf.Tensor], tf.Tensor] | None, bool], ...]  # see `Member.chain`
StackSettings = dict[str, Any]  # tensors that start with the members' axis, see `Stack.settings`
Epoch = Callable[
    [Pair, Pair, tf.Tensor, tf.Tensor, State, StackSettings], tuple[State, State, tf.Tensor]
]


@lru_cache
def compiled_epoch(rule: str, chain: Chain, batch_size: int) -> Epoch:
    """Returns the function that trains a stack for one epoch.

    Args:
        rule: Name of the optimizer's update rule, a key of `RULES`.
        chain: Activation of each layer, and whether the layer has a bias.
        batch_size: Examples in a batch; the last batch may be smaller.

    Returns:
        A function of training and validation examples (pairs of features and labels), the epoch's
        number from 0, the order of the examples of shape `(members, examples)`, the state, and the
        stack's settings. It returns the state after the epoch, the state before the last step, and
        the metrics of shape `(members, len(METRICS))`. Nobody needs the state before the last
        step. But a loop that returns it never overwrites what it reads, and only then does XLA
        use vector instructions on weights and slots.
    """

    def epoch(
        train: Pair,
        valid: Pair,
        number: tf.Tensor,
        order: tf.Tensor,
        state: State,
        settings: StackSettings,
    ) -> tuple[State, State, tf.Tensor]:
        batches, mask = _batches(order, batch_size)
        count = batches.shape[0]

        def step(
            at: tf.Tensor, state: State, _: State, sums: tf.Tensor
        ) -> tuple[tf.Tensor, State, State, tf.Tensor]:
            done = number * count + at
            with tf.GradientTape() as tape:
                tape.watch(state[0])
                features, labels = (tf.gather(each, batches[at]) for each in train)
                logits = _forward(chain, state[0], features, settings, done)
                hits, losses = (
                    tf.reduce_sum(each * mask[at]) for each in _hits_and_losses(labels, logits)
                )
                loss = losses / tf.reduce_sum(mask[at])
            gradients = tape.gradient(loss, state[0])
            after = _update(rule, state, gradients, settings["optimizer"], done + 1)
            return at + 1, after, state, sums + [hits, losses]

        _, state, before, sums = tf.while_loop(
            lambda at, *_: at < count, step, (tf.constant(0), state, state, tf.zeros(2))
        )
        found = _hits_and_losses(valid[1], _forward(chain, state[0], valid[0], settings))
        metrics = [*tf.unstack(sums / order.shape[0]), *map(tf.reduce_mean, found)]
        return state, before, tf.stack(metrics)

    return tf.function(_for_all_members(epoch), jit_compile=True, autograph=False)


def _for_all_members(epoch: Epoch) -> Epoch:
    """The epoch of one member as one of a stack."""

    def whole(
        train: Pair, valid: Pair, number: tf.Tensor, *stack: Any
    ) -> tuple[State, State, tf.Tensor]:
        def one(member: Any) -> tuple[State, State, tf.Tensor]:
            return epoch(train, valid, number, *member)

        if sizes().at_once:
            return tf.vectorized_map(one, stack, fallback_to_while_loop=False)
        state = tf.nest.map_structure(
            lambda each: tf.TensorSpec(each.shape[1:], each.dtype), stack[1]
        )
        metrics = tf.TensorSpec(len(METRICS), tf.float32)
        return tf.map_fn(one, stack, fn_output_signature=(state, state, metrics))

    return whole


def _update(
    rule: str, state: State, gradients: Tensors, settings: Settings, step: tf.Tensor
) -> State:
    """The state after one step of an optimizer."""
    number = tf.cast(step, tf.float32)
    updated = [
        RULES[rule][0](weight, gradient, slots, settings, number)
        for weight, gradient, slots in zip(state[0], gradients, state[1], strict=True)
    ]
    return [weight for weight, _ in updated], [slots for _, slots in updated]


def _batches(order: tf.Tensor, batch_size: int) -> Pair:
    """Example numbers and a mask, both (steps, batch); the mask is 0 behind the end."""
    n = order.shape[0]
    steps = -(-n // batch_size)
    filled = tf.pad(order, [[0, steps * batch_size - n]])
    mask = tf.cast(tf.range(steps * batch_size) < n, tf.float32)
    return tf.reshape(filled, (steps, batch_size)), tf.reshape(mask, (steps, batch_size))


def _forward(
    chain: Chain,
    weights: Tensors,
    hidden: tf.Tensor,
    settings: StackSettings,
    step: tf.Tensor | None = None,
) -> tf.Tensor:
    """(batch, features) -> (batch, labels) logits; a step has dropout."""
    remaining = iter(weights)
    for depth, (activation, has_bias) in enumerate(chain):
        hidden = tf.matmul(hidden, next(remaining))
        if has_bias:
            hidden += next(remaining)
        if depth == len(chain) - 1:
            break
        slope = settings["slopes"][depth]
        hidden = activation(hidden) if activation else tf.where(hidden > 0, hidden, hidden * slope)
        hidden *= settings["real"][depth]
        if step is not None:
            key = settings["seeds"] ^ _hash(tf.cast(step * len(chain) + depth, tf.uint32) + 1)
            hidden *= _dropout(_hash(key), hidden.shape, settings["dropout"][depth])
    return hidden


def _dropout(key: tf.Tensor, shape: tf.TensorShape, rate: tf.Tensor) -> tf.Tensor:
    """Factors: 0 for the share `rate`, otherwise what keeps the mean. Each key has its own."""
    places = _hash(tf.cast(tf.reshape(tf.range(shape.num_elements()), shape), tf.uint32))
    bits = tf.bitwise.right_shift(_hash(places ^ key), tf.constant(8, tf.uint32))
    return tf.where(tf.cast(bits, tf.float32) * 2.0**-24 >= rate, 1 / (1 - rate), 0)


def _hash(bits: tf.Tensor) -> tf.Tensor:
    """A hash of each uint32, as a uint32; different inputs have different hashes.

    Source: Chris Wellons, "lowbias32", https://github.com/skeeto/hash-prospector.
    """
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ tf.bitwise.right_shift(bits, tf.constant(shift, tf.uint32))) * tf.constant(
            factor, tf.uint32
        )
    return bits ^ tf.bitwise.right_shift(bits, tf.constant(16, tf.uint32))


def _hits_and_losses(labels: tf.Tensor, logits: tf.Tensor) -> Pair:
    """(batch, labels) logits -> (batch,) 1 where the answer is right, and cross-entropies.

    The answer is the first of the largest logits. TensorFlow's own functions are gathers and
    loops, which cost XLA more time than the products of the layers.
    """
    classes, label = tf.range(logits.shape[-1]), labels[:, None]
    own = tf.reduce_sum(tf.where(classes == label, logits, 0), axis=-1, keepdims=True)
    right = tf.reduce_all(tf.where(classes < label, logits < own, logits <= own), axis=-1)
    return tf.cast(right, tf.float32), tf.reduce_logsumexp(logits, axis=-1) - own[:, 0]
