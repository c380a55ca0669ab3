"""Records of TFRecord files that stay in the files and are read by number."""

from __future__ import annotations

import io
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kerasaudio.data.files import is_inside, shown
from kerasaudio.data.parallel import at_once
from kerasaudio.data.records.records import FOOTER, HEADER, checked, framed
from kerasaudio.data.stores.stores import RemoteFile, data_path, in_flight, is_remote
from kerasaudio.errors import UserError

# Where a record is: number of its file, first byte of its frame, bytes of its payload.
PLACE = np.dtype([("file", "<i4"), ("offset", "<i8"), ("size", "<i4")])
LENGTH = struct.Struct("<Q")
READ = 1 << 20  # bytes that the search for records reads at once
NEAR = 8192  # bytes between two records that cost less than to read twice
STRETCH = 256  # most records that are read at once


class RecordFile(NamedTuple):
    """A TFRecord file as it was when it was first looked at.

    Args:
        path: The file.
        size: Number of its bytes.
        changed: Time of its last change, in ns.
    """

    path: str
    size: int
    changed: int


@dataclass(frozen=True, eq=False)
class StoredRecords:
    """Records that are in files.

    Args:
        files: The files.
        places: Where each record is, of shape `(records,)` and type `PLACE`.
    """

    files: tuple[RecordFile, ...]
    places: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: np.ndarray) -> StoredRecords:
        return replace(self, places=self.places[rows])

    def __add__(self, other: StoredRecords) -> StoredRecords:
        if self.files is other.files:
            return replace(self, places=np.concatenate([self.places, other.places]))
        moved = other.places.copy()
        moved["file"] += len(self.files)
        return StoredRecords(self.files + other.files, np.concatenate([self.places, moved]))

    def payloads(self, rows: np.ndarray) -> list[bytes]:
        """Returns the payloads of some records; each file is opened once.

        Args:
            rows: Numbers of the records, in any order.

        Raises:
            UserError: If a file cannot be read, or is not what it was.
        """
        places = self.places[rows]
        found = [b""] * len(places)
        order = np.lexsort((places["offset"], places["file"]))
        borders = np.flatnonzero(np.diff(places["file"][order])) + 1

        def read(members: np.ndarray) -> None:
            file = self.files[places["file"][members[0]]]
            payloads = list(_read(file, places[members]))  # or it raises at the end
            for row, payload in zip(members, payloads, strict=True):
                found[row] = payload

        threads = in_flight(file.path for file in self.files)
        at_once(read, np.split(order, borders) if len(order) else (), threads)
        return found


def find_files(folder: Path) -> tuple[RecordFile, ...]:
    """Returns the .tfrecord files of a folder, sorted by name; none where there is no folder.

    Links that lead out of the folder are left out, and a line on stderr says so.

    Args:
        folder: The folder.
    """
    if not folder.is_dir():
        return ()
    if is_remote(folder):
        return _remote_files(folder)
    with os.scandir(folder) as entries:
        named = [each for each in entries if ".tfrecord" in each.name and each.is_file()]
    outside = {
        each.name
        for each in named
        if each.is_symlink() and not is_inside(folder / each.name, folder)
    }
    if outside:
        first = shown(min(outside))
        told = f"links that lead out of {folder}: {len(outside)}, first {first}"
        print(f"left out: {told}", file=sys.stderr)
    found = [(each.name, each.stat()) for each in named if each.name not in outside]
    return tuple(
        RecordFile(f"{folder}/{name}", stat.st_size, stat.st_mtime_ns)
        for name, stat in sorted(found, key=lambda each: each[0])
    )


def _remote_files(folder: Path) -> tuple[RecordFile, ...]:
    paths = sorted(path for path in folder.iterdir() if ".tfrecord" in path.name)
    states = at_once(lambda path: path.stat(), paths, in_flight(paths))
    return tuple(
        RecordFile(str(path), state.st_size, state.st_mtime_ns)
        for path, state in zip(paths, states, strict=True)
    )


def _read(file: RecordFile, places: np.ndarray) -> Iterator[bytes]:
    """The payloads at some places of a file, whose checksums are checked; in the places' order."""
    starts = places["offset"] + HEADER.size
    ends = starts + places["size"] + FOOTER.size
    try:
        with data_path(file.path).open("rb", buffering=0) as opened:
            state = _state(opened)
            same = (state.st_size, state.st_mtime_ns) == (file.size, file.changed)
            for first, last in _stretches(starts, ends) if same else ():
                base = int(starts[first])
                opened.seek(base)
                data = opened.read(int(ends[last - 1]) - base)
                inside = zip(
                    (starts[first:last] - base).tolist(),
                    (ends[first:last] - base).tolist(),
                    strict=True,
                )
                for start, end in inside:
                    payload = checked(data, start, end)
                    same = same and payload is not None
                    yield payload or b""
    except OSError as error:
        raise UserError(
            f"{file.path} could not be read: {error.strerror}. Check the data set."
        ) from error
    if not same:
        raise UserError(
            f"{file.path} has changed since it was first read: start the command again."
        )


def _state(file: io.RawIOBase) -> os.stat_result:
    return file.state if isinstance(file, RemoteFile) else os.fstat(file.fileno())


def _stretches(starts: np.ndarray, ends: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last + 1 of records that are so near to each other that they are read at once."""
    far = np.flatnonzero(starts[1:] - ends[:-1] > NEAR) + 1
    borders = np.unique(np.concatenate([np.arange(0, len(starts), STRETCH), far, [len(starts)]]))
    return pairwise(borders.tolist())


def find_places(file: RecordFile, number: int) -> np.ndarray | None:
    """Returns where the records of a file are, by their lengths alone.

    Only a file whose records end where it ends is given to TensorFlow: at an absurd length that
    has a right checksum TensorFlow ends the process.

    Args:
        file: The file.
        number: Number of the file, which its records get.

    Returns:
        Places of type `PLACE`, or `None` if the file cannot be read, is empty or has other lengths.
    """
    try:
        with Path(file.path).open("rb", buffering=0) as opened:
            ends = _ends(opened, file.size)
    except OSError:
        return None
    if not ends or ends[-1] != file.size:
        return None
    sizes = np.diff(ends, prepend=0) - framed(0)
    if sizes.max() > np.iinfo(PLACE["size"]).max:
        return None
    places = np.empty(len(ends), PLACE)
    places["file"] = number
    places["offset"][0], places["offset"][1:] = 0, ends[:-1]
    places["size"] = sizes
    return places


def _ends(file: io.FileIO, size: int) -> list[int]:
    """Where each record ends by its length; the last end is wrong where a length is."""
    buffer, ends, at = bytearray(min(READ, size)), [], 0
    frame, length = framed(0), LENGTH.unpack_from
    while at < size:
        file.seek(at)
        last = file.readinto(buffer) - LENGTH.size
        if last < 0:
            break
        inside = 0
        while inside <= last:
            inside += frame + length(buffer, inside)[0]
            ends.append(at + inside)
        at += inside
    return ends
