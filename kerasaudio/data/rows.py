"""Inputs that are in memory: one array, with a row for each example."""

from __future__ import annotations

import hashlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.experiment.examples import Examples, Splits

GATHERED = 32  # batches whose rows are looked up at once


class Numbers(ABC):
    """Inputs that are the same numbers wherever they are read, and so belong to the content."""

    @abstractmethod
    def arrays(self) -> Iterator[np.ndarray]:
        """Yields all inputs in order, in arrays of shape `(some examples, *shape)`."""


@dataclass(frozen=True, eq=False)
class Rows(Numbers):
    """Inputs that are rows of an array.

    Args:
        array: The inputs, of shape `(examples, *shape)`.
    """

    array: np.ndarray

    def __len__(self) -> int:
        return len(self.array)

    def __add__(self, other: Rows) -> Rows:
        return Rows(np.concatenate([self.array, other.array]))

    def __getitem__(self, rows: np.ndarray) -> Rows:
        return Rows(self.array[rows])

    def arrays(self) -> Iterator[np.ndarray]:
        """Yields all inputs in order, in one array."""
        yield self.array

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        if numbers is None:
            return self._in_order(targets, batch_size)
        inputs, truth = on_host(self.array), on_host(targets)
        many = numbers.batch(batch_size * GATHERED)
        found = many.map(lambda rows: (tf.gather(inputs, rows), tf.gather(truth, rows)))
        return found.prefetch(1).rebatch(batch_size)

    def _in_order(self, targets: np.ndarray, batch_size: int) -> tf.data.Dataset:
        """Full batches are rows of one tensor, which `batch` would put together row by row."""
        arrays = (self.array, targets)
        end = len(targets) // batch_size * batch_size
        full = tuple(array[:end].reshape(-1, batch_size, *array.shape[1:]) for array in arrays)
        found = tf.data.Dataset.from_tensor_slices(full)
        if end == len(targets):
            return found
        rest = tuple(array[None, end:] for array in arrays)
        return found.concatenate(tf.data.Dataset.from_tensor_slices(rest))


def rows_of(examples: Examples) -> np.ndarray | None:
    """Returns the inputs of shape `(examples, *shape)` if they are in memory, otherwise `None`."""
    return examples.inputs.array if isinstance(examples.inputs, Rows) else None


def with_content(splits: Splits) -> Splits:
    """Returns the splits with `content`, the SHA-256 of their inputs and targets.

    It is `None` if inputs are sound files. Records in files are read once for it, so that it does
    not depend on whether they are in memory.
    """
    found = hashlib.sha256()
    for _, examples in splits:
        if not isinstance(examples.inputs, Numbers):
            return replace(splits, content=None)
        for array in itertools.chain(examples.inputs.arrays(), [examples.targets]):
            found.update(np.ascontiguousarray(array).data)
    return replace(splits, content=found.hexdigest())
