"""Many dense models that train as one: weights have the shape `(members, inputs, units)`.

One epoch of a whole stack is one compiled program. Narrower models are padded with units of weight
0. These weights stay 0: a padded unit always outputs 0, so no gradient reaches its weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from kerasaudio.tuning.stacks.dense import Dense
from kerasaudio.tuning.stacks.epoch import METRICS, Epoch, Pair, StackSettings, State
from kerasaudio.tuning.stacks.rules import RULES
from kerasaudio.tuning.stacks.stackable import Member


class Stack:
    """Members of one group, padded to the same widths.

    Args:
        members: The members; all have the same `group`.
        widths: Units of each layer in the stack; at least those of every member.
        size: Number of members that the compiled program is for. Copies of the first member fill
            up the stack.
        epoch: What `compiled_epoch` returns for this group.
    """

    def __init__(
        self, members: Sequence[Member], widths: Sequence[int], size: int, epoch: Epoch
    ) -> None:
        self.members, self.epoch = members, epoch
        filled = [*members, *[members[0]] * (size - len(members))]
        self.weights = [tf.constant(each) for each in _padded(filled, widths)]
        self.settings = _settings(filled, widths)
        self.copies = size - len(members)

    def train(
        self, train: Pair, valid: Pair, orders: Iterator[tf.Tensor], epochs: int
    ) -> np.ndarray:
        """Trains the stack.

        Args:
            train: Features of shape `(examples, features)` and labels of shape `(examples,)`.
            valid: The same of the validation examples.
            orders: Yields for each epoch the numbers of the training examples in the order in
                which each member sees them, of shape `(members, examples)`.
            epochs: Number of epochs.

        Returns:
            The metrics of shape `(epochs, members, len(METRICS))`.
        """
        rows: list[tf.Tensor] = []
        slots = RULES[self.members[0].rule][1]
        state: State = (self.weights, [[tf.zeros_like(each)] * slots for each in self.weights])
        for epoch in range(epochs):
            order = next(orders)
            order = tf.concat([order, tf.repeat(order[:1], self.copies, axis=0)], axis=0)
            self._set_learning_rates(rows, epochs)
            state, _, row = self.epoch(
                train, valid, tf.constant(epoch), order, state, self.settings
            )
            rows.append(row)
        self.weights = state[0]
        return tf.stack(rows).numpy()[:, : len(self.members)]

    def _set_learning_rates(self, rows: list[tf.Tensor], epochs: int) -> None:
        """Sets each member's learning rate for the next epoch, as its schedule says."""
        fits = [member.experiment.fit for member in self.members]
        if not any(fit.schedule for fit in fits):
            return
        rates = []
        for place, fit in enumerate(fits):
            scale = 1.0
            if fit.schedule:
                column = METRICS.index(fit.schedule.watch)
                scale = fit.schedule.scale([float(row[place, column]) for row in rows], epochs)
            rates.append(fit.optimizer.learning_rate * scale)
        rates += rates[:1] * self.copies
        self.settings["optimizer"]["learning_rate"] = tf.constant(rates, tf.float32)

    def member_weights(self) -> Iterator[list[np.ndarray]]:
        """Yields the weights of each member, without padding: kernel, bias, kernel, ..."""
        whole = [weight.numpy() for weight in self.weights]
        for place, member in enumerate(self.members):
            shapes = [weight.shape for weight in member.weights]
            yield [
                each[(place, *map(slice, shape))].copy()
                for each, shape in zip(whole, shapes, strict=True)
            ]


def _settings(members: Sequence[Member], widths: Sequence[int]) -> StackSettings:
    """What else differs from member to member, as tensors that start with the members' axis."""
    layers = [member.layers for member in members]
    return {
        "optimizer": {
            name: tf.constant([member.optimizer[name] for member in members])
            for name in members[0].optimizer
        },
        "slopes": tf.constant([[layer.slope for layer in each] for each in layers], tf.float32),
        "dropout": tf.constant([[layer.dropout for layer in each] for each in layers], tf.float32),
        "real": [
            tf.constant(_real_units(layers, depth, width))
            for depth, width in enumerate(widths[:-1])
        ],
        "seeds": tf.constant([member.experiment.fit.seed % 2**32 for member in members], tf.uint32),
    }


def _padded(members: Sequence[Member], widths: Sequence[int]) -> Iterator[np.ndarray]:
    """Every weight of all members as one array (members, ...); it is 0 where a member has none."""
    inputs, depth = [members[0].layers[0].inputs, *widths], -1
    for each in zip(*[member.weights for member in members], strict=True):
        depth += each[0].ndim == 2
        shape = (inputs[depth], widths[depth])[2 - each[0].ndim :]
        whole = np.zeros((len(members), *shape), np.float32)
        for place, weight in enumerate(each):
            whole[(place, *map(slice, weight.shape))] = weight
        yield whole


def _real_units(layers: Sequence[tuple[Dense, ...]], depth: int, width: int) -> np.ndarray:
    """(members, width): 1 for a unit that the member has, 0 for padding."""
    return np.array([np.arange(width) < each[depth].units for each in layers], np.float32)
