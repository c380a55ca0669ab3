"""Arrays kept on disk from one process to the next, under a bound on what they take together.

The folder has a shelf (a folder) for each way in which arrays were computed, and a shelf has a file for each source:
records of float32, each followed by its CRC-32C. Processes may share the folder: files are written whole or not at all,
and one that was taken away, or is damaged, is a record that is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

CHECKSUM = 4  # bytes behind each record
SUFFIX = ".records"  # nothing else is ever taken away
SHELF = "[0-9a-f]" * 16


class CacheFull(Exception):
    """More is wanted than the limit admits."""


@dataclass(frozen=True)
class Shelf:
    """Files of one kind of record."""

    folder: Path
    shape: tuple[int, ...]  # of a record

    @property
    def bytes(self) -> int:
        """Of a record with its checksum."""
        return 4 * math.prod(self.shape) + CHECKSUM

    def path(self, name: str) -> Path:
        """The file of a source."""
        return self.folder / f"{name}{SUFFIX}"

    def read(self, name: str, number: int) -> np.ndarray | None:
        """A record, or None where it is not there or not as it was written."""
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
        """Whether a file has that many records, all as they were written; it counts as used now if so."""
        if any(self.read(name, number) is None for number in range(records)):
            return False
        os.utime(self.path(name))
        return True

    def write(self, name: str, records: np.ndarray) -> None:
        """(records, *shape) as a file, whole or not at all."""
        path = self.path(name)
        partial = path.with_name(f"{os.getpid()}-{threading.get_ident()}-{path.name}")
        try:
            with partial.open("wb") as file:
                for record in np.ascontiguousarray(records, "<f4"):
                    file.write(record.tobytes() + _checksum(record.tobytes()))
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class Cache:
    """A folder of shelves that takes `limit` bytes at most; what was used longest ago leaves first."""

    folder: Path
    limit: int

    def shelf(self, about: Mapping[str, Any], shape: tuple[int, ...]) -> Shelf:
        """The shelf of what was computed as `about` says, in values that JSON knows."""
        text = json.dumps({**about, "shape": shape}, sort_keys=True, indent=1)
        folder = self.folder / hashlib.sha256(text.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "about.json").write_text(text + "\n", encoding="utf-8")
        return Shelf(folder, shape)

    def used(self) -> int:
        """Bytes of all shelves."""
        return sum(stat.st_size for _, stat in self._files())

    def make_room(self, wanted: Mapping[Path, int]) -> None:
        """Take away what was used longest ago until `wanted`, files and their bytes, fit in; some may be there already.

        Raises CacheFull, with nothing taken away, where they are more than the limit.
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
