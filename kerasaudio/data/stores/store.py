"""What every store answers: states of files, names, bytes, or an error that names the file."""

from __future__ import annotations

import errno
import os
import stat
from typing import Protocol

from kerasaudio.errors import UserError


class StoreError(UserError, OSError):
    """A file that a store does not give: an OSError for readers, one line for people."""

    def __init__(self, number: int, reason: str, url: str) -> None:
        super().__init__(number, reason, url)

    def __str__(self) -> str:
        return f"{self.filename} could not be read: {self.strerror}."


class FileNotInStoreError(StoreError, FileNotFoundError):
    """A file or folder that is not in the store."""

    def __init__(self, url: str) -> None:
        super().__init__(errno.ENOENT, "there is no such file", url)


class Store(Protocol):
    """Files that are read through the network; every method may raise a StoreError."""

    def state(self, url: str) -> os.stat_result:
        """Returns the size of a file and the time of its last change."""
        ...

    def is_folder(self, url: str) -> bool:
        """Returns whether there is a folder."""
        ...

    def names(self, url: str) -> list[str]:
        """Returns the names of what is in a folder."""
        ...

    def read(self, url: str) -> bytes:
        """Returns a whole file."""
        ...

    def part(self, url: str, start: int, count: int, size: int) -> bytes:
        """Returns `count` bytes of a file of `size` bytes; all of them are inside the file."""
        ...


def file_state(size: int, changed: int) -> os.stat_result:
    """Returns the state of a file.

    Args:
        size: Number of its bytes.
        changed: Time of its last change, in ns.
    """
    seconds = changed // 10**9
    values = (stat.S_IFREG, 0, 0, 1, 0, 0, size, seconds, seconds, seconds)
    return os.stat_result(values, {"st_mtime_ns": changed})


def denied(url: str) -> StoreError:
    """Returns the error for a file that the store keeps to others; credentials are not told."""
    return StoreError(
        errno.EACCES, "access was denied; check the credentials in the environment", url
    )
