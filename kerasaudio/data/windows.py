"""Windows of sound files: cut after the files are split, read when a batch needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from kerasaudio.data.read import read_window
from kerasaudio.data.splits import Examples


@dataclass(frozen=True)
class Window:
    """A stretch of one clip."""

    clip: str
    number: int
    path: Path
    target: int  # label number
    start: int  # sample, at the data set's rate

    @property
    def id(self) -> str:
        """Unlike any other window's."""
        return f"{self.clip}#{self.number}"


def examples(windows: Sequence[Window], rate: int, samples: int) -> Examples:
    """The windows as examples of shape (samples,), in order."""
    paths = np.array([str(window.path) for window in windows], dtype=object)
    starts = np.array([window.start for window in windows], dtype=np.int64)
    return Examples(
        ids=tuple(window.id for window in windows),
        targets=np.array([window.target for window in windows], dtype=np.int32),
        inputs=tf.data.Dataset.from_tensor_slices((paths.astype(str), starts)),
        decode=reader(rate, samples),
        clips=tuple(window.clip for window in windows),
    )


def places(examples: Examples) -> list[tuple[str, int]]:
    """The path and the first sample of every window, in order."""
    return [(path.decode(), int(start)) for path, start in examples.inputs.as_numpy_iterator()]


def reader(rate: int, samples: int) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """A function for tf.data: (batch,) paths and (batch,) first samples -> (batch, samples) in [-1, 1]."""

    def read(paths: np.ndarray, starts: np.ndarray) -> np.ndarray:
        each = zip(paths, starts, strict=True)
        return np.stack(
            [read_window(Path(path.decode()), rate, int(start), samples) for path, start in each]
        )

    def in_graph(paths: tf.Tensor, starts: tf.Tensor) -> tf.Tensor:
        found = tf.numpy_function(read, (paths, starts), tf.float32, stateful=False)
        return tf.ensure_shape(found, (None, samples))

    return in_graph
