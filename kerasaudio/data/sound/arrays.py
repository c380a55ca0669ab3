"""Whole clips in .npy arrays or sound files: headers are read at once, samples inside tf.data."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.data.sound.read import FULL_SCALE, READ_AT_ONCE, sixteen_bit
from kerasaudio.data.stores.store import StoreError
from kerasaudio.data.stores.stores import data_path, in_flight, is_remote
from kerasaudio.errors import UserError

WINDOWS = 10  # length of the first axis of an array that has two or three
TYPES = (tf.int16, tf.float32, tf.float64)  # little-endian, as they lie on the disk
KINDS = {np.dtype(kind.as_numpy_dtype).str: number for number, kind in enumerate(TYPES)}
SOUND = len(TYPES)  # the kind of a file that has to be decoded
LONGEST_HEAD = 1 << 20  # bytes of an array's header
LOUDEST = 1.5  # largest sample in floating point, full scale being 1: resampling overshoots


@dataclass(frozen=True)
class Stored:
    """The file of one clip.

    Args:
        path: The file.
        kind: Number of the samples' type in `TYPES`, or `SOUND` for a file that is decoded.
        offset: Number of bytes before the first sample.
    """

    path: Path
    kind: int = SOUND
    offset: int = 0


def stored(path: Path, samples: int) -> Stored:
    """Returns how a clip's file stores its samples.

    Only the header and the length of an array are looked at, and only the length of a sound file.

    Args:
        path: An array as numpy.save writes it, or a sound file.
        samples: Number of samples that are needed.

    Raises:
        UserError: If the file is empty or damaged, holds something else, or is an array with too
            few samples.
    """
    try:
        size = path.stat().st_size
        head = _head(path) if path.suffix == ".npy" else b""
    except StoreError:
        raise
    except OSError as error:
        raise UserError(f"{path} could not be read: {error.strerror}.") from error
    if not size:
        raise UserError(f"{path} is empty: expected a clip.")
    if path.suffix != ".npy":
        return Stored(path)
    try:
        kind, shape = _parsed(head)
    except ValueError as error:
        raise UserError(f"{path} {error}.") from error
    needed = len(head) + prod(shape) * np.dtype(TYPES[kind].as_numpy_dtype).itemsize
    if size < needed:
        raise UserError(
            f"{path} is truncated: {size} bytes, expected {needed} for an array of shape {shape}."
        )
    if prod(shape) < samples:
        raise UserError(
            f"{path} has {prod(shape)} samples in shape {shape}: expected at least {samples}."
        )
    return Stored(path, kind, len(head))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(8)
        size = file.read(2 if head[6:7] == b"\1" else 4)  # four bytes from version 2.0 on
        return head + size + file.read(min(int.from_bytes(size, "little"), LONGEST_HEAD))


@cache
def _parsed(head: bytes) -> tuple[int, tuple[int, ...]]:
    """Kind and shape of an array; ValueError, with what was found, for one that is no clip."""
    file = io.BytesIO(head)
    try:
        first = np.lib.format.read_magic(file) == (1, 0)
        read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
        shape, columns_first, dtype = read(file)
    except (ValueError, SyntaxError, TokenError) as error:
        raise ValueError(
            f"is no .npy file ({error}): expected an array as numpy.save writes it"
        ) from error
    if dtype.hasobject:
        raise ValueError("holds pickled objects, which are never loaded: expected numbers")
    if dtype.str not in KINDS:
        raise ValueError(f"holds {dtype}: expected int16, float32 or float64, little-endian")
    line = len(shape) == 1 or (len(shape) == 2 and 1 in shape)  # librosa and torch save (1, n)
    cut = not line and len(shape) in (2, 3) and shape[0] == WINDOWS and prod(shape[1:-1]) == 1
    if not (line or cut) or (columns_first and cut):
        order = ", column by column" if columns_first else ""
        raise ValueError(
            f"has the shape {shape}{order}: "
            f"expected (samples,), (1, samples), ({WINDOWS}, n) or ({WINDOWS}, 1, n)"
        )
    return KINDS[dtype.str], shape


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
        parallel = in_flight(paths, os.cpu_count() or 1)

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
            def of_kind(number: int) -> tf.Tensor:
                if number == SOUND:
                    return _sound(paths[row], self.rate, self.samples)
                return _array(
                    paths[row], content, offsets[row], TYPES[number], self.samples, self.full_scale
                )

            if len(present) == 1:
                return of_kind(next(iter(present)))
            return tf.switch_case(
                kinds[row], [partial(of_kind, number) for number in range(SOUND + 1)]
            )

        return read


def _array(
    path: tf.Tensor,
    content: Callable[[tf.Tensor], tf.Tensor],
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
