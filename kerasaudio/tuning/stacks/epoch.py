"""The compiled epoch of a stack: forward, backward and the optimizer's rule for all members, a batch after the other.

On a CPU a few members train at a time: the weights and slots of more leave a core's own cache.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasaudio.tuning.stacks.rules import RULES, Tensors

METRICS = ("accuracy", "loss", "val_accuracy", "val_loss")
GROUP = 8  # members that train at a time on a CPU


@lru_cache
def compiled_epoch(
    rule: str, chain: tuple[tuple[Any, bool], ...], batch_size: int
) -> Callable[..., Any]:
    """The epoch of all stacks whose layers have these activations and biases.

    Besides the state it gives the one before the last step. Nobody needs that one, but a loop that gives it never
    writes over what it reads, and only then does XLA work on vectors of weights and slots.
    """
    update = RULES[rule][0]

    def epoch(train: Any, valid: Any, number: Any, order: Any, state: Any, settings: Any) -> Any:
        batches, real = _batches(order, batch_size)
        count = batches.shape[1]

        def step(at: Any, state: Any, _: Any, right: Any, loss: Any) -> Any:
            weights, slots = state
            rows, mask = batches[:, at], real[at]
            labels = tf.gather(train[1], rows)
            done = number * count + at
            with tf.GradientTape() as tape:
                tape.watch(weights)
                logits = _forward(chain, weights, tf.gather(train[0], rows), settings, done)
                losses, right_now = (
                    tf.reduce_sum(each * mask, axis=1) for each in _judged(labels, logits)
                )
                total = tf.reduce_sum(losses) / tf.reduce_sum(mask)
            gradients = tape.gradient(total, weights)
            moved = [
                update(
                    weight,
                    gradient,
                    own,
                    _columns(settings["optimizer"], weight),
                    tf.cast(done + 1, tf.float32),
                )
                for weight, gradient, own in zip(weights, gradients, slots, strict=True)
            ]
            after = [each[0] for each in moved], [each[1] for each in moved]
            return at + 1, after, state, right + right_now, loss + losses

        none = tf.zeros(order.shape[0])
        _, state, before, right, loss = tf.while_loop(
            lambda at, *_: at < count, step, (tf.constant(0), state, state, none, none)
        )
        n = order.shape[1]
        return (
            state,
            before,
            tf.stack([right / n, loss / n, *_evaluate(chain, state[0], valid, settings)], axis=1),
        )

    return tf.function(_in_groups(epoch), jit_compile=True, autograph=False)


def _in_groups(epoch: Callable[..., Any]) -> Callable[..., Any]:
    """The epoch of some members at a time."""

    def whole(train: Any, valid: Any, number: Any, order: Any, state: Any, settings: Any) -> Any:
        members = order.shape[0]
        size = members if tf.config.list_physical_devices("GPU") else min(GROUP, members)
        groups = tf.nest.map_structure(
            lambda each: tf.reshape(each, (-1, size, *each.shape[1:])), (order, state, settings)
        )
        like = tf.nest.map_structure(
            lambda each: tf.TensorSpec(each.shape[1:], each.dtype), groups[1]
        )
        done = tf.map_fn(
            lambda group: epoch(train, valid, number, *group),
            groups,
            fn_output_signature=(like, like, tf.TensorSpec((size, len(METRICS)), tf.float32)),
        )
        return tf.nest.map_structure(
            lambda each: tf.reshape(each, (members, *each.shape[2:])), done
        )

    return whole


def one_thread_each() -> None:
    """Give every operation one thread, as is best where stacks train side by side; too late once TensorFlow works.

    The loops of a group are so small that threads which share them wait for each other longer than they work.
    """
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)


@lru_cache
def wake_compiler() -> None:
    """Let XLA's first use in a process, which is not for the user's eyes, write its start-up lines to nowhere."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        tf.function(lambda: tf.zeros(()), jit_compile=True, autograph=False)()
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _batches(order: tf.Tensor, batch_size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """(members, steps, batch) numbers of examples and a (steps, batch) mask; the last batch is filled up."""
    n = order.shape[1]
    steps = -(-n // batch_size)
    filled = tf.pad(order, [[0, 0], [0, steps * batch_size - n]])
    mask = tf.cast(tf.range(steps * batch_size) < n, tf.float32)
    return tf.reshape(filled, (-1, steps, batch_size)), tf.reshape(mask, (steps, batch_size))


def _forward(
    chain: Any, weights: Tensors, hidden: Any, settings: Any, step: Any = None
) -> tf.Tensor:
    """(members, batch, features) -> (members, batch, labels) logits, with the dropout of the given step if any."""
    left = iter(weights)
    for depth, (activation, biased) in enumerate(chain):
        hidden = tf.matmul(hidden, next(left))
        if biased:
            hidden += next(left)[:, None]
        if depth == len(chain) - 1:
            break
        slope = settings["slopes"][:, depth, None, None]
        hidden = activation(hidden) if activation else tf.where(hidden > 0, hidden, hidden * slope)
        hidden *= settings["real"][depth][:, None]
        if step is not None:
            key = settings["seeds"] ^ _mixed(tf.cast(step * len(chain) + depth, tf.uint32) + 1)
            hidden *= _dropout(
                _mixed(key), hidden.shape[1:], settings["dropout"][:, depth, None, None]
            )
    return hidden


def _dropout(keys: tf.Tensor, shape: tf.TensorShape, rate: tf.Tensor) -> tf.Tensor:
    """(members, *shape) factors: 0 for the share `rate`, else what keeps the mean. Each key has a mask of its own."""
    places = _mixed(tf.cast(tf.reshape(tf.range(shape.num_elements()), (1, *shape)), tf.uint32))
    bits = tf.bitwise.right_shift(_mixed(places ^ keys[:, None, None]), tf.constant(8, tf.uint32))
    uniform = tf.cast(bits, tf.float32) * 2.0**-24
    return tf.where(uniform >= rate, 1 / (1 - rate), 0)


def _mixed(bits: tf.Tensor) -> tf.Tensor:
    """uint32 -> uint32, one to one and as good as random. Source: Chris Wellons, "lowbias32" (hash-prospector)."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ tf.bitwise.right_shift(bits, tf.constant(shift, tf.uint32))) * tf.constant(
            factor, tf.uint32
        )
    return bits ^ tf.bitwise.right_shift(bits, tf.constant(16, tf.uint32))


def _evaluate(
    chain: Any, weights: Tensors, valid: Any, settings: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    """Each member's accuracy and loss on the validation examples."""
    members = weights[0].shape[0]
    features, labels = (tf.repeat(each[None], members, axis=0) for each in valid)
    losses, right = _judged(labels, _forward(chain, weights, features, settings))
    return tf.reduce_mean(right, axis=1), tf.reduce_mean(losses, axis=1)


def _judged(labels: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(..., labels) logits -> (...) cross-entropies, and 1 where the first of the largest logits is that of the label.

    TensorFlow's own functions are gathers and loops, which cost XLA more time than the products.
    """
    classes, label = tf.range(logits.shape[-1]), labels[..., None]
    own = tf.reduce_sum(tf.where(classes == label, logits, 0), axis=-1, keepdims=True)
    beaten = tf.reduce_all(tf.where(classes < label, logits < own, logits <= own), axis=-1)
    return tf.reduce_logsumexp(logits, axis=-1) - own[..., 0], tf.cast(beaten, tf.float32)


def _columns(values: dict[str, tf.Tensor], like: tf.Tensor) -> dict[str, tf.Tensor]:
    """A number a member, shaped so that it goes with all of that member's weights."""
    return {
        name: tf.reshape(value, (-1, *[1] * (len(like.shape) - 1)))
        for name, value in values.items()
    }
