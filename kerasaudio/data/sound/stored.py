"""How the file of a clip stores its samples: only headers are looked at."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from tokenize import TokenError

import numpy as np
import tensorflow as tf

from kerasaudio.data.stores.store import StoreError
from kerasaudio.errors import UserError

WINDOWS = 10  # length of the first axis of an array that has two or three
TYPES = (tf.int16, tf.float32, tf.float64)  # little-endian, as they lie on the disk
KINDS = {np.dtype(kind.as_numpy_dtype).str: number for number, kind in enumerate(TYPES)}
SOUND = len(TYPES)  # the kind of a file that has to be decoded
LONGEST_HEAD = 1 << 20  # bytes of an array's header


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
