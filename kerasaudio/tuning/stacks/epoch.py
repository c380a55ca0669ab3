"""One epoch of a stack, compiled by XLA: forward, backward and the update rule for all its members.

Members train in groups; see `sizes`.
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
        batches, masks = _batches(order, batch_size)
        count = batches.shape[1]

        def step(
            at: tf.Tensor, state: State, _: State, hits: tf.Tensor, loss: tf.Tensor
        ) -> tuple[tf.Tensor, State, State, tf.Tensor, tf.Tensor]:
            done = number * count + at
            batch = tf.gather(train[0], batches[:, at]), tf.gather(train[1], batches[:, at])
            gradients, losses, new_hits = _gradients(
                chain, state[0], batch, masks[at], settings, done
            )
            after = _update(rule, state, gradients, settings["optimizer"], done + 1)
            return at + 1, after, state, hits + new_hits, loss + losses

        zeros = tf.zeros(order.shape[0])
        _, state, before, hits, loss = tf.while_loop(
            lambda at, *_: at < count, step, (tf.constant(0), state, state, zeros, zeros)
        )
        n = order.shape[1]
        metrics = [hits / n, loss / n, *_evaluate(chain, state[0], valid, settings)]
        return state, before, tf.stack(metrics, axis=1)

    return tf.function(_in_groups(epoch), jit_compile=True, autograph=False)


def _gradients(
    chain: Chain,
    weights: Tensors,
    batch: Pair,
    mask: tf.Tensor,
    settings: StackSettings,
    step: tf.Tensor,
) -> tuple[Tensors, tf.Tensor, tf.Tensor]:
    """The gradients of a batch, and each member's sum of losses and number of right answers."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        logits = _forward(chain, weights, batch[0], settings, step)
        losses, hits = (
            tf.reduce_sum(each * mask, axis=1) for each in _losses_and_hits(batch[1], logits)
        )
        total = tf.reduce_sum(losses) / tf.reduce_sum(mask)
    return tape.gradient(total, weights), losses, hits


def _update(
    rule: str, state: State, gradients: Tensors, settings: Settings, step: tf.Tensor
) -> State:
    """The state after one step of an optimizer."""
    number = tf.cast(step, tf.float32)
    updated = [
        RULES[rule][0](weight, gradient, slots, _columns(settings, weight), number)
        for weight, gradient, slots in zip(state[0], gradients, state[1], strict=True)
    ]
    return [weight for weight, _ in updated], [slots for _, slots in updated]


def _in_groups(epoch: Epoch) -> Epoch:
    """The same epoch, for some of the members at a time."""

    def whole(
        train: Pair,
        valid: Pair,
        number: tf.Tensor,
        order: tf.Tensor,
        state: State,
        settings: StackSettings,
    ) -> tuple[State, State, tf.Tensor]:
        members = order.shape[0]
        size = min(sizes().group or members, members)
        groups = tf.nest.map_structure(
            lambda each: tf.reshape(each, (-1, size, *each.shape[1:])), (order, state, settings)
        )
        signature = tf.nest.map_structure(
            lambda each: tf.TensorSpec(each.shape[1:], each.dtype), groups[1]
        )
        metrics = tf.TensorSpec((size, len(METRICS)), tf.float32)
        done = tf.map_fn(
            lambda group: epoch(train, valid, number, *group),
            groups,
            fn_output_signature=(signature, signature, metrics),
        )
        return tf.nest.map_structure(
            lambda each: tf.reshape(each, (members, *each.shape[2:])), done
        )

    return whole


def _batches(order: tf.Tensor, batch_size: int) -> Pair:
    """(members, steps, batch) example numbers and a (steps, batch) mask; it is 0 behind the end."""
    n = order.shape[1]
    steps = -(-n // batch_size)
    filled = tf.pad(order, [[0, 0], [0, steps * batch_size - n]])
    mask = tf.cast(tf.range(steps * batch_size) < n, tf.float32)
    return tf.reshape(filled, (-1, steps, batch_size)), tf.reshape(mask, (steps, batch_size))


def _forward(
    chain: Chain,
    weights: Tensors,
    hidden: tf.Tensor,
    settings: StackSettings,
    step: tf.Tensor | None = None,
) -> tf.Tensor:
    """(members, batch, features) -> (members, batch, labels) logits; a step has dropout."""
    remaining = iter(weights)
    for depth, (activation, has_bias) in enumerate(chain):
        hidden = tf.matmul(hidden, next(remaining))
        if has_bias:
            hidden += next(remaining)[:, None]
        if depth == len(chain) - 1:
            break
        slope = settings["slopes"][:, depth, None, None]
        hidden = activation(hidden) if activation else tf.where(hidden > 0, hidden, hidden * slope)
        hidden *= settings["real"][depth][:, None]
        if step is not None:
            key = settings["seeds"] ^ _hash(tf.cast(step * len(chain) + depth, tf.uint32) + 1)
            hidden *= _dropout(
                _hash(key), hidden.shape[1:], settings["dropout"][:, depth, None, None]
            )
    return hidden


def _dropout(keys: tf.Tensor, shape: tf.TensorShape, rate: tf.Tensor) -> tf.Tensor:
    """(members, *shape) factors: 0 for the share `rate`, otherwise what keeps the mean.

    Each key gives a mask of its own.
    """
    places = _hash(tf.cast(tf.reshape(tf.range(shape.num_elements()), (1, *shape)), tf.uint32))
    bits = tf.bitwise.right_shift(_hash(places ^ keys[:, None, None]), tf.constant(8, tf.uint32))
    uniform = tf.cast(bits, tf.float32) * 2.0**-24
    return tf.where(uniform >= rate, 1 / (1 - rate), 0)


def _hash(bits: tf.Tensor) -> tf.Tensor:
    """A hash of each uint32, as a uint32; different inputs have different hashes.

    Source: Chris Wellons, "lowbias32", https://github.com/skeeto/hash-prospector.
    """
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ tf.bitwise.right_shift(bits, tf.constant(shift, tf.uint32))) * tf.constant(
            factor, tf.uint32
        )
    return bits ^ tf.bitwise.right_shift(bits, tf.constant(16, tf.uint32))


def _evaluate(chain: Chain, weights: Tensors, valid: Pair, settings: StackSettings) -> Pair:
    """Each member's accuracy and mean loss on the validation examples."""
    members = weights[0].shape[0]
    features, labels = (tf.repeat(each[None], members, axis=0) for each in valid)
    losses, hits = _losses_and_hits(labels, _forward(chain, weights, features, settings))
    return tf.reduce_mean(hits, axis=1), tf.reduce_mean(losses, axis=1)


def _losses_and_hits(labels: tf.Tensor, logits: tf.Tensor) -> Pair:
    """(..., labels) logits -> (...) cross-entropies, and 1 where the answer is right.

    The answer is the first of the largest logits. TensorFlow's own functions are gathers and
    loops, which cost XLA more time than the products of the layers.
    """
    classes, label = tf.range(logits.shape[-1]), labels[..., None]
    own = tf.reduce_sum(tf.where(classes == label, logits, 0), axis=-1, keepdims=True)
    right = tf.reduce_all(tf.where(classes < label, logits < own, logits <= own), axis=-1)
    return tf.reduce_logsumexp(logits, axis=-1) - own[..., 0], tf.cast(right, tf.float32)


def _columns(settings: Settings, weight: tf.Tensor) -> Settings:
    """The settings, one number for each member, in a shape that broadcasts against the weight."""
    return {
        name: tf.reshape(value, (-1, *[1] * (len(weight.shape) - 1)))
        for name, value in settings.items()
    }
