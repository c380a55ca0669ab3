"""Inputs of training that come from the cache: one array in memory, or the cache's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.data.parallel import THREADS
from kerasaudio.data.sound.read import READ_AT_ONCE
from kerasaudio.data.sound.windows import Place


class CachedWindow(NamedTuple):
    """A window of a sound file, and where its spectrogram is in the cache.

    Args:
        name: Name of the cache's file.
        number: Number of the record in that file, from 0.
        place: Where it lies in the sound file.
    """

    name: str
    number: int
    place: Place


@dataclass(frozen=True, eq=False)
class CachedRows:
    """Inputs that are rows of one array, which all splits share.

    In order, as many come in a batch as from files, so that results are the same to the bit.

    Args:
        array: The inputs of all splits, of shape `(windows, *shape)`.
        rows: Row of each example.
    """

    array: tf.Tensor
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: CachedRows) -> CachedRows:
        return replace(self, rows=np.concatenate([self.rows, other.rows]))

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        if numbers is None:
            numbers = tf.data.Dataset.range(len(self))
            batch_size = min(batch_size, READ_AT_ONCE)
        places, truth = on_host(self.rows), on_host(targets)

        def read(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return tf.gather(self.array, tf.gather(places, rows)), tf.gather(truth, rows)

        return numbers.batch(batch_size).map(read).prefetch(1)


@dataclass(frozen=True, eq=False)
class CachedFiles:
    """Inputs that are records of the cache's files; each is checked whenever it is read.

    Args:
        windows: The windows.
        read: Function that reads a window's record into an array of shape `shape`.
        shape: Shape of one input.
    """

    windows: tuple[CachedWindow, ...]
    read: Callable[[CachedWindow, np.ndarray], None]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.windows)

    def __add__(self, other: CachedFiles) -> CachedFiles:
        return replace(self, windows=self.windows + other.windows)

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        if numbers is None:
            numbers = tf.data.Dataset.range(len(self))
            batch_size = min(batch_size, READ_AT_ONCE)
        truth = on_host(targets)

        def read(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            found = tf.numpy_function(self._records, (rows,), tf.float32, stateful=False)
            return tf.ensure_shape(found, (None, *self.shape)), tf.gather(truth, rows)

        return numbers.batch(batch_size).map(read, num_parallel_calls=THREADS).prefetch(1)

    def _records(self, rows: np.ndarray) -> np.ndarray:
        """Records, a call for a batch: TensorFlow's own readers take twice the processor time."""
        found = np.empty((len(rows), *self.shape), np.float32)
        for record, row in zip(found, rows, strict=True):
            self.read(self.windows[row], record)
        return found


def as_tensor(array: np.ndarray) -> tf.Tensor:
    """Returns an array of `cache.Memory` as a tensor without a copy, which tf.constant makes."""
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
