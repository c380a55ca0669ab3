"""A block of trials: sorted into stacks, trained, and taken apart again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import tensorflow as tf

from kerasaudio.experiment import DataSet, Examples, Experiment, FrontEnd, Splits
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import adapt, trainable_part
from kerasaudio.tuning.stacks.epoch import METRICS, Pair, compiled_epoch
from kerasaudio.tuning.stacks.runtime import start_compiler_quietly
from kerasaudio.tuning.stacks.sizes import sizes
from kerasaudio.tuning.stacks.stackable import Group, Member, front_model, member
from kerasaudio.tuning.stacks.stacked import Stack
from kerasaudio.tuning.stacks.trained import Trained

Load = Callable[[DataSet, FrontEnd], Splits]
Started = list[tuple[list[int], Future[list[Trained]]]]
Elsewhere = Callable[[list[Experiment], list[int]], Future[list[Trained]]]

# Bytes that one weight takes in training: the weight and two slots, each before a step, after it
# and as the epoch's argument, and the gradient.
BYTES_PER_WEIGHT = 40


class Trainer:
    """Trains members in stacks, in several threads.

    Args:
        load: Returns the splits of a data set, with what the front end precomputes.
        widest: A member that is as wide as any that may come, or `None` if that is unknown.
        elsewhere: Trains a stack, given as its experiments and the units of its padded layers, in
            another process. `None` trains all stacks in this one.
    """

    def __init__(
        self, load: Load, widest: Member | None, elsewhere: Elsewhere | None = None
    ) -> None:
        self.load, self.widest, self.elsewhere = load, widest, elsewhere
        self.inputs = lru_cache(maxsize=2)(self._inputs)
        self.pool = ThreadPoolExecutor(sizes().side_by_side)
        self.stopped = threading.Event()

    def stop(self) -> None:
        """Stops all training after the epochs that are under way."""
        self.stopped.set()
        self.pool.shutdown(cancel_futures=True)

    def train(self, members: Sequence[Member]) -> list[Trained]:
        """Trains members and waits for them.

        Args:
            members: The members.

        Returns:
            Each member after its last epoch, in the same order.
        """
        done = {
            place: each
            for places, stack in self.start(members)
            for place, each in zip(places, stack.result(), strict=True)
        }
        return [done[place] for place in range(len(members))]

    def start(self, members: Sequence[Member]) -> Started:
        """Starts to train members in the background; Keras builds their inputs before that.

        Args:
            members: The members.

        Returns:
            For each stack the places of its members in `members`, and what they will become.
        """
        return [
            (places, self._submit([members[place] for place in places]))
            for places in _stacks(members)
        ]

    def _submit(self, members: list[Member]) -> Future[list[Trained]]:
        data, frontend = members[0].experiment.data, members[0].experiment.frontend
        widths = self._widths(members, len(self.load(data, frontend).train))
        if self.elsewhere:
            return self.elsewhere([each.experiment for each in members], widths)
        return self.pool.submit(self._train, *self._built(members, widths))

    def train_stack(
        self, experiments: Sequence[Experiment], widths: Sequence[int]
    ) -> list[Trained]:
        """Returns the members of one stack after their last epoch.

        Args:
            experiments: Experiments of members of one group.
            widths: Units of the padded layers.
        """
        members = [each for each in map(member, experiments) if each]
        return self._train(*self._built(members, widths))

    def _built(self, members: list[Member], widths: Sequence[int]) -> tuple[Stack, Pair, Pair]:
        """A stack that is ready to train, with its training and validation examples."""
        start_compiler_quietly()
        tf.config.experimental.enable_op_determinism()  # as `assemble` does for a trial alone
        experiment = members[0].experiment
        train, valid = self.inputs(experiment.data, experiment.frontend)
        epoch = compiled_epoch(members[0].rule, members[0].chain, experiment.fit.batch_size)
        return Stack(members, widths, _power_of_two(len(members)), epoch), train, valid

    def _train(self, stack: Stack, train: Pair, valid: Pair) -> list[Trained]:
        """Trains one stack; an interrupted one raises StopIteration."""
        epochs = stack.members[0].experiment.fit.epochs
        orders = pipeline.training_orders(
            len(train[1]), [each.experiment.fit.seed for each in stack.members]
        )
        until_stopped = itertools.takewhile(lambda _: not self.stopped.is_set(), orders)
        metrics = stack.train(train, valid, until_stopped, epochs)
        histories = [
            [
                {"epoch": number, **dict(zip(METRICS, row, strict=True))}
                for number, row in enumerate(rows, 1)
            ]
            for rows in metrics.transpose(1, 0, 2).tolist()
        ]
        return [Trained(*each) for each in zip(histories, stack.member_weights(), strict=True)]

    def _widths(self, members: list[Member], n: int) -> list[int]:
        """Units of the padded layers.

        These are the widest member's. Where padding costs little, they are those of the widest
        member that may come, so that later stacks need no other program.
        """
        own = [max(widths) for widths in zip(*map(_units, members), strict=True)]
        if not self.widest or self.widest.group[:3] != members[0].group[:3]:
            return own
        wide = [max(pair) for pair in zip(own, _units(self.widest), strict=True)]
        inputs = members[0].layers[0].inputs
        extra = _multiplications(inputs, wide) - _multiplications(inputs, own)
        passes = 3 * n * members[0].experiment.fit.epochs * len(members)
        return wide if extra * passes < sizes().padding else own

    def _inputs(self, data: DataSet, frontend: FrontEnd) -> tuple[Pair, Pair]:
        """Features and labels of the training and the validation examples."""
        splits = self.load(data, frontend)
        front = front_model(frontend, data.shape, data.rate)
        adapt(front, splits.train)
        front = trainable_part(front, splits.train)

        def pair(examples: Examples) -> Pair:
            features = np.concatenate(
                [np.asarray(front(batch)) for batch, _ in pipeline.batches(examples, 512)]
            )
            flat = features.reshape(len(features), -1)
            return tf.constant(flat), tf.constant(examples.targets, tf.int32)

        return pair(splits.train), pair(splits.valid)


def _stacks(members: Sequence[Member]) -> Iterator[list[int]]:
    """The places of members that train together: of one group, similar width, and not too many.

    Neighbouring stacks are of different groups where possible, so that programs which are compiled
    at the same time are different ones.
    """
    groups: dict[Group, list[int]] = {}
    for place, each in enumerate(members):
        groups.setdefault(each.group, []).append(place)
    stacks = []
    for places in groups.values():
        places.sort(key=lambda place: _cost(members[place]))
        most = sizes().memory // (BYTES_PER_WEIGHT * _cost(members[places[-1]]))
        size = min(sizes().trials, max(1, most))
        stacks.append([places[first : first + size] for first in range(0, len(places), size)])
    yield from filter(None, itertools.chain.from_iterable(itertools.zip_longest(*stacks)))


def _units(member: Member) -> list[int]:
    return [layer.units for layer in member.layers]


def fits(member: Member) -> bool:
    """Returns whether a member is small enough to train in a stack."""
    return BYTES_PER_WEIGHT * _cost(member) <= sizes().memory


def _cost(member: Member) -> int:
    return _multiplications(member.layers[0].inputs, _units(member))


def _multiplications(inputs: int, widths: Sequence[int]) -> int:
    """Multiplications of the layers for one example; about the number of weights."""
    return sum(before * after for before, after in zip([inputs, *widths], widths, strict=False))


def _power_of_two(number: int) -> int:
    """The smallest power of two that is not below the number."""
    return 1 << (number - 1).bit_length()
