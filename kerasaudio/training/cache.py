"""Arrays that are kept on disk from one process to the next, up to a maximum size.

The folder has a shelf (a folder) for each way in which arrays were computed. A shelf has a file for
each source: records of float32, each followed by its CRC-32C. Processes may share the folder: files
are written whole or not at all. A file that was removed, or is damaged, counts as not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

from kerasaudio.cluster.executor import HERE, Machines
from kerasaudio.data.files import NotWritten, write_text, written
from kerasaudio.data.memory import free_memory

CHECKSUM = 4  # bytes behind each record
SUFFIX = ".records"  # files with other names are never removed
SHELF = "[0-9a-f]" * 16
SHARE = 4  # a quarter of the free memory may be taken by what was cached
ALIGNED = 64  # bytes: TensorFlow takes over arrays that begin at a multiple of it


class CacheFull(Exception):
    """More has to be kept than the maximum size of the cache."""


@dataclass(frozen=True)
class Shelf:
    """Files whose records have one shape and were computed in one way.

    Args:
        folder: The folder of the files.
        shape: Shape of a record.
    """

    folder: Path
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Size of a record with its checksum, in bytes."""
        return 4 * math.prod(self.shape) + CHECKSUM

    def path(self, name: str) -> Path:
        """Returns the file of a source."""
        return self.folder / f"{name}{SUFFIX}"

    def read(self, name: str, number: int, record: np.ndarray) -> bool:
        """Reads one record; returns whether it is there and not damaged.

        Args:
            name: Name of the source.
            number: Number of the record in its file, from 0.
            record: float32 array of shape `shape` that is filled.
        """
        try:
            with self.path(name).open("rb", buffering=0) as file:
                file.seek(number * self.bytes)
                whole = file.readinto(record.data) == record.nbytes
                return whole and _checksum(record) == file.read(CHECKSUM)
        except OSError:
            return False

    def load(self, name: str, records: np.ndarray) -> bool:
        """Reads the first records of a file; returns whether all are there and not damaged.

        If so, the file counts as used now.

        Args:
            name: Name of the source.
            records: float32 array of shape `(records, *shape)` that is filled.
        """
        if not all(self.read(name, number, record) for number, record in enumerate(records)):
            return False
        with contextlib.suppress(OSError):  # a file of somebody else
            os.utime(self.path(name))
        return True

    def write(self, name: str, records: np.ndarray) -> None:
        """Writes the file of a source, whole or not at all.

        Args:
            name: Name of the source.
            records: Array of shape `(records, *shape)`.

        Raises:
            NotWritten: If the file cannot be written.
        """
        with written(self.path(name), durable=False) as partial, partial.open("wb") as file:
            for record in np.ascontiguousarray(records, "<f4"):
                file.write(record.tobytes() + _checksum(record))


class Memory:
    """Keeps count of the memory that cached arrays take in this process."""

    def __init__(self, limit: int | None = None) -> None:
        """Sets the limit.

        Args:
            limit: Maximum size of all arrays together, in bytes. `None` is a quarter of the free
                memory, measured when an array is asked for.
        """
        self.limit = limit
        self.held = 0

    def array(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """Returns a float32 array that TensorFlow can take over, or `None` if it is too large.

        Its memory counts until nobody refers to the array any more.
        """
        size = 4 * math.prod(shape)
        limit = (free_memory() + self.held) // SHARE if self.limit is None else self.limit
        if self.held + size > limit:
            return None
        memory = np.empty(size + ALIGNED, np.uint8)
        self.held += size
        weakref.finalize(memory, self._release, size)
        start = -memory.ctypes.data % ALIGNED
        return memory[start : start + size].view(np.float32).reshape(shape)

    def _release(self, size: int) -> None:
        self.held -= size


@dataclass(frozen=True)
class Cache:
    """A folder of shelves. What was used longest ago makes room for what is new.

    Args:
        folder: The folder; it is made when something is kept.
        limit: Maximum size of all files, in bytes.
        memory: Memory for what training reads again and again.
        machines: The processes or machines that compute what is missing.
    """

    folder: Path
    limit: int
    memory: Memory = field(default_factory=Memory, compare=False)
    machines: Machines = HERE

    def shelf(self, about: Mapping[str, Any], shape: tuple[int, ...]) -> Shelf:
        """Returns the shelf of what was computed in one way; its folder is made if needed.

        Args:
            about: What decides the numbers, in values that JSON knows.
            shape: Shape of a record.

        Raises:
            NotWritten: If the folder cannot be written to.
        """
        text = json.dumps({**about, "shape": shape}, sort_keys=True, indent=1)
        folder = self.folder / hashlib.sha256(text.encode()).hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritten(
                f"{folder} could not be written: {error.strerror}. Choose another place."
            ) from error
        write_text(folder / "about.json", text + "\n")
        return Shelf(folder, shape)

    def used(self) -> int:
        """Returns the size of all shelves in bytes."""
        return sum(stat.st_size for _, stat in self._files())

    def make_room(self, wanted: Mapping[Path, int]) -> None:
        """Removes what was used longest ago until there is room for some files.

        Args:
            wanted: The files and their sizes in bytes. Some of them may be there already.

        Raises:
            CacheFull: If they take more than the maximum size; nothing is removed then.
        """
        size = sum(wanted.values())
        if size > self.limit:
            raise CacheFull(f"{size / 1e9:.3f} GB are needed and {self.limit / 1e9:g} GB allowed")
        others = [(path, stat) for path, stat in self._files() if path not in wanted]
        excess = size + sum(stat.st_size for _, stat in others) - self.limit
        for path, stat in sorted(others, key=lambda file: file[1].st_mtime_ns):
            if excess > 0:
                path.unlink(missing_ok=True)
                excess -= stat.st_size

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in self.folder.glob(f"{SHELF}/*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                found.append((path, path.stat()))
        return found


def _checksum(record: np.ndarray) -> bytes:
    return google_crc32c.value(record).to_bytes(CHECKSUM, "little")
