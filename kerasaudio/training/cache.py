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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

from kerasaudio.data.files import NotWritten, write_text, written

CHECKSUM = 4  # bytes behind each record
SUFFIX = ".records"  # files with other names are never removed
SHELF = "[0-9a-f]" * 16


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

    def read(self, name: str, number: int) -> np.ndarray | None:
        """Returns one record, or `None` if it is missing or damaged.

        Args:
            name: Name of the source.
            number: Number of the record in its file, from 0.
        """
        try:
            with self.path(name).open("rb", buffering=0) as file:
                file.seek(number * self.bytes)
                record = file.read(self.bytes)
        except OSError:
            return None
        data, checksum = record[:-CHECKSUM], record[-CHECKSUM:]
        if len(record) < self.bytes or _checksum(data) != checksum:
            return None
        return np.frombuffer(data, "<f4").reshape(self.shape)

    def holds(self, name: str, records: int) -> bool:
        """Returns whether a file has that many records, none of them damaged.

        If so, the file counts as used now.
        """
        if any(self.read(name, number) is None for number in range(records)):
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
        with written(self.path(name)) as partial, partial.open("wb") as file:
            for record in np.ascontiguousarray(records, "<f4"):
                file.write(record.tobytes() + _checksum(record.tobytes()))


@dataclass(frozen=True)
class Cache:
    """A folder of shelves. What was used longest ago makes room for what is new.

    Args:
        folder: The folder; it is made when something is kept.
        limit: Maximum size of all files, in bytes.
    """

    folder: Path
    limit: int

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


def _checksum(data: bytes) -> bytes:
    return google_crc32c.value(data).to_bytes(CHECKSUM, "little")
