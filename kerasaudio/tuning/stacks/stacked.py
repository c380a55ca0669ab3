"""Many dense models trained as one: weights (trials, inputs, units), every trial with numbers of its own.

An epoch of a whole stack is one compiled program. Narrower trials are padded with units of weight 0, which stay 0: a
padded unit gives 0 whatever it receives, so that no gradient reaches its weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasaudio.tuning.stacks.epoch import METRICS
from kerasaudio.tuning.stacks.rules import RULES
from kerasaudio.tuning.stacks.stackable import Dense, Member


class Stack:
    """Members of one group, padded to the same `widths` and filled up to a number `size` of trials."""

    def __init__(
        self, members: Sequence[Member], widths: Sequence[int], size: int, epoch: Callable[..., Any]
    ) -> None:
        self.members, self.epoch = members, epoch
        filled = [*members, *[members[0]] * (size - len(members))]
        layers = [member.layers for member in filled]
        self.weights = [tf.constant(each) for each in _padded(filled, widths)]
        self.settings = {
            "optimizer": {
                name: tf.constant([member.optimizer[name] for member in filled])
                for name in members[0].optimizer
            },
            "slopes": tf.constant([[layer.slope for layer in each] for each in layers], tf.float32),
            "dropout": tf.constant(
                [[layer.dropout for layer in each] for each in layers], tf.float32
            ),
            "real": [
                tf.constant(_real(layers, depth, width)) for depth, width in enumerate(widths[:-1])
            ],
            "seeds": tf.constant(
                [member.experiment.fit.seed % 2**32 for member in filled], tf.uint32
            ),
        }

    def train(self, train: Any, valid: Any, orders: Iterator[tf.Tensor], epochs: int) -> np.ndarray:
        """(epochs, members, METRICS). `train` and `valid` are pairs of (examples, features) and (examples,) tensors.

        `orders` yields the (members, examples) numbers of the training examples as each member sees them in an epoch.
        """
        rows: list[tf.Tensor] = []
        state = (
            self.weights,
            [[tf.zeros_like(each)] * RULES[self.members[0].rule][1] for each in self.weights],
        )
        spare = len(self.settings["seeds"]) - len(self.members)
        for epoch in range(epochs):
            order = next(orders)
            order = tf.concat([order, tf.repeat(order[:1], spare, axis=0)], axis=0)
            self._schedule(rows, epochs)
            state, _, row = self.epoch(
                train, valid, tf.constant(epoch), order, state, self.settings
            )
            rows.append(row)
        self.weights = state[0]
        return tf.stack(rows).numpy()[:, : len(self.members)]

    def _schedule(self, rows: list[tf.Tensor], epochs: int) -> None:
        """Set each member's learning rate for an epoch, from what its schedule watched in those before."""
        fits = [member.experiment.fit for member in self.members]
        if not any(fit.schedule for fit in fits):
            return
        rates = []
        for place, fit in enumerate(fits):
            watched = METRICS.index(getattr(fit.schedule, "watch", "loss"))
            values = [float(row[place, watched]) for row in rows]
            rates.append(
                fit.optimizer.learning_rate
                * (fit.schedule.scale(values, epochs) if fit.schedule else 1)
            )
        rates += rates[:1] * (len(self.settings["seeds"]) - len(rates))
        self.settings["optimizer"]["learning_rate"] = tf.constant(rates, tf.float32)

    def member_weights(self) -> Iterator[list[np.ndarray]]:
        """The weights of each member, its padding cut off."""
        whole = [weight.numpy() for weight in self.weights]
        for place, member in enumerate(self.members):
            shapes = [weight.shape for weight in member.weights]
            yield [
                each[(place, *map(slice, shape))].copy()
                for each, shape in zip(whole, shapes, strict=True)
            ]


def _padded(members: Sequence[Member], widths: Sequence[int]) -> Iterator[np.ndarray]:
    """Every weight of all members as one array (members, ...), 0 where a member has none."""
    inputs, depth = [members[0].layers[0].inputs, *widths], -1
    for each in zip(*[member.weights for member in members], strict=True):
        depth += each[0].ndim == 2
        whole = np.zeros(
            (len(members), *(inputs[depth], widths[depth])[2 - each[0].ndim :]), np.float32
        )
        for place, weight in enumerate(each):
            whole[(place, *map(slice, weight.shape))] = weight
        yield whole


def _real(layers: Sequence[tuple[Dense, ...]], depth: int, width: int) -> np.ndarray:
    """(members, width): 1 for a unit that the member has."""
    return np.array([np.arange(width) < each[depth].units for each in layers], np.float32)
