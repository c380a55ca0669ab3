"""Windows of sound files: cut after the files are split, read when a batch needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from kerasaudio.data.read import READ_AT_ONCE, read_window
from kerasaudio.experiment.examples import Examples

PARALLEL = 2  # batches that are read at the same time


@dataclass(frozen=True)
class Window:
    """A part of one clip.

    Args:
        clip: Name of the clip.
        number: Number of the window within the clip, from 0.
        path: The clip's file.
        target: Label number.
        start: First sample, at the data set's sampling rate.
    """

    clip: str
    number: int
    path: Path
    target: int
    start: int

    @property
    def id(self) -> str:
        """A name that no other window has."""
        return f"{self.clip}#{self.number}"


@dataclass(frozen=True, eq=False)
class WindowFiles:
    """Inputs that are windows of files, in order.

    In order, at most 32 windows come in a batch: more would not fit into memory as spectrograms.

    Args:
        places: The file and the first sample of each window.
        read: Function from a file and a first sample to one input, float32 of shape `shape`.
        shape: Shape of one input.
    """

    places: tuple[tuple[Path, int], ...]
    read: Callable[[Path, int], np.ndarray]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.places)

    def __add__(self, other: WindowFiles) -> WindowFiles:
        return replace(self, places=self.places + other.places)

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        if numbers is None:
            numbers = tf.data.Dataset.range(len(self))
            batch_size = min(batch_size, READ_AT_ONCE)
        truth = tf.constant(targets)

        def read(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            found = tf.numpy_function(self._read, (rows,), tf.float32, stateful=False)
            return tf.ensure_shape(found, (None, *self.shape)), tf.gather(truth, rows)

        return numbers.batch(batch_size).map(read, num_parallel_calls=PARALLEL).prefetch(1)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        return np.stack([self.read(*self.places[row]) for row in rows])


def examples(windows: Sequence[Window], rate: int, samples: int) -> Examples:
    """Returns windows as examples, in order.

    Args:
        windows: The windows.
        rate: Sampling rate in Hz that the sound is converted to.
        samples: Length of a window; the shape of an input is `(samples,)`.
    """
    return Examples(
        ids=tuple(window.id for window in windows),
        targets=np.array([window.target for window in windows], dtype=np.int32),
        inputs=WindowFiles(
            tuple((window.path, window.start) for window in windows),
            lambda path, start: read_window(path, rate, start, samples),
            (samples,),
        ),
        clips=tuple(window.clip for window in windows),
    )
