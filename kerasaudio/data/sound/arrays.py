"""Whole clips in .npy arrays or sound files: headers are read at once, samples inside tf.data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.data.parallel import processors
from kerasaudio.data.sound.read import FULL_SCALE, READ_AT_ONCE, sixteen_bit
from kerasaudio.data.sound.stored import SOUND, TYPES, Stored, stored
from kerasaudio.data.sound.windows import Place
from kerasaudio.data.stores.stores import data_path, in_flight, is_remote

LOUDEST = 1.5  # largest sample in floating point, full scale being 1: resampling overshoots

Content = Callable[[tf.Tensor], tf.Tensor]  # from a path to the bytes of its file


@dataclass(frozen=True)
class ClipFiles:
    """Inputs that are the beginnings of clips in files; an input has the shape `(samples,)`.

    The lowest 16-bit number becomes -1 and the highest 1. In order, at most 32 clips come in a
    batch: more would not fit into memory as spectrograms.

    Args:
        files: The clips' files, in order.
        rate: Sampling rate in Hz that sound files are converted to.
        samples: Number of samples that are read of each clip.
        full_scale: The sample of an array in floating point that stands for 1.
    """

    files: tuple[Stored, ...]
    rate: int
    samples: int
    full_scale: float

    def __len__(self) -> int:
        return len(self.files)

    def __add__(self, other: ClipFiles) -> ClipFiles:
        return replace(self, files=self.files + other.files)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where each clip lies in its file."""
        return tuple(Place(file.path, 0, self.samples) for file in self.files)

    def read(self, places: Sequence[Place]) -> np.ndarray:
        """Returns clips, float32 of shape `(clips, samples)`, as batches have them.

        Raises:
            UserError: If a header cannot be read; see `stored`. What is wrong with the samples is
                an error of TensorFlow's.
        """
        files = [stored(place.path, self.samples) for place in places]
        return np.stack([self._read(str(file.path), file.offset, file.kind) for file in files])

    @cached_property
    def _read(self) -> Callable[..., tf.Tensor]:
        """A function from path, offset and kind of a clip to the clip."""
        signature = [tf.TensorSpec((), kind) for kind in (tf.string, tf.int64, tf.int32)]
        read = partial(self._clip, range(SOUND + 1), _content)
        return tf.function(read, signature, autograph=False)

    def described(self, places: Sequence[Place]) -> str:
        """Returns all that decides what `read` returns for a file, besides its content and rate."""
        return f"{len(places)} of {self.samples} samples in 16 bits, {self.full_scale}"

    def without_files(self) -> ClipFiles:
        """Returns inputs that read files in the same way, but have none."""
        return replace(self, files=())

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`.

        The examples of a batch are read at the same time. To that end a batch that is not full is
        filled up with its last example; the copies are read and left out again.
        """
        if numbers is None:
            numbers = tf.data.Dataset.range(len(self))
            batch_size = min(batch_size, READ_AT_ONCE)
        truth, read = on_host(targets), self._reader()
        paths = (file.path for file in self.files)
        parallel = in_flight(paths, processors())

        def fill(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            count = tf.shape(rows)[0]
            filled = tf.gather(rows, tf.minimum(tf.range(batch_size), count - 1))
            return filled, tf.repeat(count, batch_size)

        def cut(inputs: tf.Tensor, rows: tf.Tensor, counts: tf.Tensor) -> Any:
            return inputs[: counts[0]], tf.gather(truth, rows[: counts[0]])

        each = numbers.batch(batch_size).map(fill).unbatch()
        found = each.map(lambda row, count: (read(row), row, count), num_parallel_calls=parallel)
        return found.batch(batch_size).map(cut).prefetch(1)

    def _reader(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """A function for tf.data from an example's number to its input."""
        paths = on_host(np.array([str(file.path) for file in self.files], object))
        offsets = on_host(np.array([file.offset for file in self.files], np.int64))
        kinds = on_host(np.array([file.kind for file in self.files], np.int32))
        present = {file.kind for file in self.files}
        remote = any(is_remote(file.path) for file in self.files)
        content = _content if remote else tf.io.read_file

        def read(row: tf.Tensor) -> tf.Tensor:
            return self._clip(present, content, paths[row], offsets[row], kinds[row])

        return read

    def _clip(
        self,
        present: Collection[int],
        content: Content,
        path: tf.Tensor,
        offset: tf.Tensor,
        kind: tf.Tensor,
    ) -> tf.Tensor:
        """One clip, of one of the kinds that are present."""

        def of_kind(number: int) -> tf.Tensor:
            if number == SOUND:
                return _sound(path, self.rate, self.samples)
            return _array(path, content, offset, TYPES[number], self.samples, self.full_scale)

        if len(present) == 1:
            return of_kind(next(iter(present)))
        return tf.switch_case(kind, [partial(of_kind, number) for number in range(SOUND + 1)])


def _array(
    path: tf.Tensor,
    content: Content,
    offset: tf.Tensor,
    kind: tf.DType,
    samples: int,
    full_scale: float,
) -> tf.Tensor:
    length = samples * kind.size
    raw = tf.io.decode_raw(content(path), tf.uint8)[offset:][:length]  # the header has any length
    changed = tf.strings.join(["UserError: ", path, " has changed since it was looked at."])
    with tf.control_dependencies([tf.debugging.Assert(tf.size(raw) == length, [changed])]):
        values = tf.bitcast(tf.reshape(raw, (samples, kind.size)), kind)
    if kind == tf.int16:
        return _scaled(tf.cast(values, tf.float32))
    values = tf.cast(values, tf.float32) / full_scale
    reason = (
        f" holds samples that are not numbers or beyond ±{LOUDEST * full_scale:g}: "
        "expected finite values"
    )
    if full_scale == 1:
        reason += "; for 16-bit numbers as floating point set data.full_scale=32768"
    illegal = tf.strings.join(["UserError: ", path, f"{reason}."])
    tf.debugging.Assert(tf.reduce_all(tf.abs(values) <= LOUDEST), [illegal])
    return _scaled(values * FULL_SCALE)


def _content(path: tf.Tensor) -> tf.Tensor:
    """The bytes of a file in a store."""

    def read(name: bytes) -> bytes:
        return data_path(name.decode()).read_bytes()

    return tf.ensure_shape(tf.numpy_function(read, (path,), tf.string, stateful=False), ())


def _sound(path: tf.Tensor, rate: int, samples: int) -> tf.Tensor:
    def decode(name: bytes) -> np.ndarray:
        return sixteen_bit(data_path(name.decode()), rate, samples)

    found = tf.numpy_function(decode, (path,), tf.int16, stateful=False)
    return _scaled(tf.cast(tf.ensure_shape(found, (samples,)), tf.float32))


def _scaled(sixteen: tf.Tensor) -> tf.Tensor:
    """2 (x - min) / (max - min) - 1 over the range of 16 bits."""
    return tf.ensure_shape(sixteen * (2 / 65_535) + 1 / 65_535, sixteen.shape)
