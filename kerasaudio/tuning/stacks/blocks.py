"""A block of trials: sorted into stacks, trained, and taken apart again."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasaudio.data.splits import Examples, Splits
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import adapt, behind
from kerasaudio.tuning.stacks.epoch import METRICS, compiled_epoch, wake_compiler
from kerasaudio.tuning.stacks.stackable import Member, front_model
from kerasaudio.tuning.stacks.stacked import Stack

SIZE = 32  # trials in a stack
THREADS = min(8, os.cpu_count() or 1)  # stacks that train side by side, each on one core
BYTES = 2**30  # that these may take
A_WEIGHT = 40  # bytes in training: itself and two slots, before a step, after it and as they are given; the gradient
PADDING = 5e10  # multiplications that cost less than compiling another program


@dataclass(frozen=True)
class Trained:
    """A member after its last epoch."""

    history: list[dict[str, float]]  # a row an epoch
    weights: list[np.ndarray]  # kernel, bias, kernel, ...

    def write(self, path: Path, trial: str) -> None:
        """Keep it in a file, as that of a trial."""
        rows = [list(row.values()) for row in self.history]
        partial = path.with_name(f"partial-{path.name}")
        np.savez(partial, *self.weights, trial=trial, names=list(self.history[0]), rows=rows)
        os.replace(partial, path)

    @classmethod
    def read(cls, path: Path, trial: str) -> Trained | None:
        """What was kept, if it is of that trial."""
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as file:
            if str(file["trial"]) != trial:
                return None
            history = [
                dict(zip(file["names"].tolist(), row, strict=True)) for row in file["rows"].tolist()
            ]
            weights = [file[name] for name in file.files if name.startswith("arr_")]
        return cls([row | {"epoch": int(row["epoch"])} for row in history], weights)


class Trainer:
    """Trains members in stacks, in threads. `widest` is a member as wide as any that may come, if that is known."""

    def __init__(self, load: Callable[[Any, Any], Splits], widest: Member | None) -> None:
        self.load, self.widest = load, widest
        self.inputs = lru_cache(maxsize=2)(self._inputs)
        self.pool = ThreadPoolExecutor(THREADS)
        self.stopped = threading.Event()

    def stop(self) -> None:
        """Give up what has been started: epochs that are under way are the last."""
        self.stopped.set()
        self.pool.shutdown(cancel_futures=True)

    def train(self, members: Sequence[Member]) -> list[Trained]:
        """Every member trained, in their order."""
        done = {
            place: each
            for places, stack in self.start(members)
            for place, each in zip(places, stack.result(), strict=True)
        }
        return [done[place] for place in range(len(members))]

    def start(self, members: Sequence[Member]) -> list[tuple[list[int], Future[list[Trained]]]]:
        """Begin to train: a stack at a time, the places of its members and what they will be. Keras builds here."""
        wake_compiler()
        tf.config.experimental.enable_op_determinism()  # as a trial alone has it
        begun = []
        for places in _stacks(members):
            chosen = [members[place] for place in places]
            experiment: Any = chosen[0].experiment
            train, valid = self.inputs(experiment.data, experiment.frontend)
            widths = self._widths(chosen, len(train[1]))
            epoch = compiled_epoch(chosen[0].rule, chosen[0].chain, experiment.fit.batch_size)
            stack = Stack(chosen, widths, _power_of_two(len(chosen)), epoch)
            begun.append((places, self.pool.submit(self._train, stack, train, valid)))
        return begun

    def _train(self, stack: Stack, train: Any, valid: Any) -> list[Trained]:
        epochs = stack.members[0].experiment.fit.epochs
        orders = pipeline.training_orders(
            len(train[1]), [member.experiment.fit.seed for member in stack.members]
        )
        metrics = stack.train(
            train, valid, itertools.takewhile(lambda _: not self.stopped.is_set(), orders), epochs
        )
        histories = [
            [
                {"epoch": number, **dict(zip(METRICS, row, strict=True))}
                for number, row in enumerate(rows, 1)
            ]
            for rows in metrics.transpose(1, 0, 2).tolist()
        ]
        return [Trained(*each) for each in zip(histories, stack.member_weights(), strict=True)]

    def _widths(self, members: list[Member], n: int) -> list[int]:
        """Units of the padded layers: the widest member's, or those of the widest that may come if that is cheaper."""
        own = [max(widths) for widths in zip(*map(_units, members), strict=True)]
        roof = (
            _units(self.widest)
            if self.widest and self.widest.group[:3] == members[0].group[:3]
            else own
        )
        wide = [max(pair) for pair in zip(own, roof, strict=True)]
        inputs = members[0].layers[0].inputs
        extra = _products(inputs, wide) - _products(inputs, own)
        return (
            wide
            if 3 * extra * n * members[0].experiment.fit.epochs * len(members) < PADDING
            else own
        )

    def _inputs(self, data: Any, frontend: Any) -> tuple[Any, Any]:
        """Training and validation examples behind the front end: (examples, features) and their labels."""
        splits = self.load(data, frontend)
        front = front_model(frontend, data.shape, data.rate)
        adapt(front, splits.train)
        front = behind(front, splits.train)

        def pair(examples: Examples) -> tuple[tf.Tensor, tf.Tensor]:
            features = np.concatenate(
                [np.asarray(front(batch)) for batch, _ in pipeline.batches(examples, 512)]
            )
            return tf.constant(features.reshape(len(features), -1)), tf.constant(
                examples.targets, tf.int32
            )

        return pair(splits.train), pair(splits.valid)


def _stacks(members: Sequence[Member]) -> Iterator[list[int]]:
    """Places of members that train together: alike, of similar width, and no more than memory holds.

    Neighbours are of different groups where possible: the programs that are compiled at once should not be the same.
    """
    groups: dict[Any, list[int]] = {}
    for place, member in enumerate(members):
        groups.setdefault(member.group, []).append(place)
    stacks = []
    for places in groups.values():
        places.sort(key=lambda place: _cost(members[place]))
        size = min(SIZE, max(1, BYTES // THREADS // (A_WEIGHT * _cost(members[places[-1]]))))
        stacks.append([places[first : first + size] for first in range(0, len(places), size)])
    yield from filter(None, itertools.chain.from_iterable(itertools.zip_longest(*stacks)))


def _units(member: Member) -> list[int]:
    return [layer.units for layer in member.layers]


def _cost(member: Member) -> int:
    return _products(member.layers[0].inputs, _units(member))


def _products(inputs: int, widths: Sequence[int]) -> int:
    """Multiplications for one example."""
    return sum(before * after for before, after in zip([inputs, *widths], widths, strict=False))


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
