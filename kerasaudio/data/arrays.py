"""Clips kept as .npy arrays, or as sound files: headers are looked at once, samples are read inside tf.data."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import prod
from pathlib import Path

import numpy as np
import tensorflow as tf

from kerasaudio.data.read import FULL_SCALE, sixteen_bit
from kerasaudio.errors import UserError

WINDOWS = 10  # that an array of two or three axes is cut into
TYPES = (tf.int16, tf.float32, tf.float64)  # little-endian, as they lie on the disk
KINDS = {np.dtype(kind.as_numpy_dtype).str: number for number, kind in enumerate(TYPES)}
SOUND = len(TYPES)  # the kind of a file that has to be decoded
LOUDEST = 1.5  # of full scale, in floating point: resampling overshoots


@dataclass(frozen=True)
class Stored:
    """A clip's file: where its samples begin and in which form they are."""

    path: Path
    kind: int = SOUND  # of TYPES, or SOUND
    offset: int = 0  # bytes before the first sample


def stored(path: Path, samples: int) -> Stored:
    """A file with at least `samples` samples. Raises UserError, with the reason, for one that cannot be such.

    Of an array the header and the length are looked at, never the content; of a sound file only the length.
    """
    try:
        size = path.stat().st_size
        head = _head(path) if path.suffix == ".npy" else b""
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
        head = file.read(10)
        return head + file.read(int.from_bytes(head[8:], "little"))


@cache
def _parsed(head: bytes) -> tuple[int, tuple[int, ...]]:
    """Kind and shape of an array. Raises ValueError, with what was found, for one that is no clip."""
    file = io.BytesIO(head)
    try:
        np.lib.format.read_magic(file)
        shape, columns_first, dtype = np.lib.format.read_array_header_1_0(file)
    except ValueError as error:
        raise ValueError(
            f"is no .npy file ({error}): expected an array as numpy.save writes it"
        ) from error
    if dtype.hasobject:
        raise ValueError("holds pickled objects, which are never loaded: expected numbers")
    if dtype.str not in KINDS:
        raise ValueError(f"holds {dtype}: expected int16, float32 or float64, little-endian")
    cut = len(shape) in (2, 3) and shape[0] == WINDOWS and prod(shape[1:-1]) == 1
    if not (len(shape) == 1 or cut) or (columns_first and cut):
        order = ", column by column" if columns_first else ""
        raise ValueError(
            f"has the shape {shape}{order}: expected (samples,), ({WINDOWS}, n) or ({WINDOWS}, 1, n)"
        )
    return KINDS[dtype.str], shape


def clips(files: Sequence[Stored]) -> tf.data.Dataset:
    """What `reader` takes of each file."""
    paths = np.array([str(file.path) for file in files], dtype=str)
    offsets = np.array([file.offset for file in files], dtype=np.int64)
    return tf.data.Dataset.from_tensor_slices(
        (paths, offsets, np.array([file.kind for file in files], np.int32))
    )


def reader(
    rate: int, samples: int, full_scale: float, kinds: Collection[int] = range(SOUND + 1)
) -> Callable[..., tf.Tensor]:
    """A function for tf.data: a path, an offset and a kind, of `kinds`, -> (samples,) in [-1, 1].

    The lowest 16-bit number becomes -1 and the highest 1. `full_scale` is what floating-point samples call 1.
    """

    def read(path: tf.Tensor, offset: tf.Tensor, kind: tf.Tensor) -> tf.Tensor:
        def of_kind(number: int) -> tf.Tensor:
            if number == SOUND:
                return _sound(path, rate, samples)
            return _array(path, offset, TYPES[number], samples, full_scale)

        if len(kinds) == 1:
            return of_kind(next(iter(kinds)))
        return tf.switch_case(kind, [partial(of_kind, number) for number in range(SOUND + 1)])

    return read


def _array(
    path: tf.Tensor, offset: tf.Tensor, kind: tf.DType, samples: int, full_scale: float
) -> tf.Tensor:
    stored_ = tf.io.decode_raw(tf.io.read_file(path), kind)[offset // kind.size :][:samples]
    long_enough = tf.size(stored_) == samples
    tf.debugging.Assert(
        long_enough,
        [tf.strings.join(["UserError: ", path, " has changed since it was looked at."])],
    )
    if kind == tf.int16:
        return _scaled(tf.cast(stored_, tf.float32))
    values = tf.cast(stored_, tf.float32) / full_scale
    reason = f" holds samples that are not numbers or beyond ±{LOUDEST * full_scale:g}: expected finite values"
    advice = (
        "; for 16-bit numbers as floating point set data.full_scale=32768."
        if full_scale == 1
        else "."
    )
    legal = tf.reduce_all(tf.abs(values) <= LOUDEST)
    tf.debugging.Assert(legal, [tf.strings.join(["UserError: ", path, reason + advice])])
    return _scaled(values * FULL_SCALE)


def _sound(path: tf.Tensor, rate: int, samples: int) -> tf.Tensor:
    def decode(name: bytes) -> np.ndarray:
        return sixteen_bit(Path(name.decode()), rate, samples)

    found = tf.numpy_function(decode, (path,), tf.int16, stateful=False)
    return _scaled(tf.cast(tf.ensure_shape(found, (samples,)), tf.float32))


def _scaled(sixteen: tf.Tensor) -> tf.Tensor:
    """2 (x - min) / (max - min) - 1 over the range of 16 bits."""
    return tf.ensure_shape(sixteen * (2 / 65_535) + 1 / 65_535, sixteen.shape)
