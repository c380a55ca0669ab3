"""Data roots: a folder, or an address in an object store, in HDFS or on a web server.

A root elsewhere is a `RemotePath`, so data sets need not know where their files are. Whoever reads
many files asks for `in_flight` of them at the same time.
"""

from __future__ import annotations

import errno
import io
import os
import posixpath
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import cache
from itertools import islice
from pathlib import Path, PosixPath
from typing import Any
from urllib.parse import urlsplit

from kerasaudio.data.stores.store import FileNotInStoreError, Store, StoreError
from kerasaudio.errors import UserError

WEB = ("http", "https")
SCHEMES = ("s3", "gs", "hdfs", *WEB)
NO_FILE = (errno.ENOENT, errno.EISDIR)
BUFFER = 1 << 16  # bytes that are read at once where a reader asks for fewer


class Requests:
    """How many files of stores this process reads at the same time."""

    limit = 24  # the S3 client has 25 connections
    turns = threading.BoundedSemaphore(limit)

    @classmethod
    def set_limit(cls, number: int) -> None:
        """Sets the limit, before anything is read."""
        cls.limit, cls.turns = number, threading.BoundedSemaphore(number)


def data_path(text: str | Path) -> Path:
    """Returns the path of a data root.

    Args:
        text: A folder, or an address such as s3://bucket/root.

    Raises:
        UserError: If the address is of an unknown kind, or has a password or a query in it.
    """
    scheme, separator, _ = str(text).partition("://")
    if not separator:
        return Path(text)
    if scheme not in SCHEMES:
        raise UserError(
            f"There are no data roots under {scheme}://: expected a folder, or an address that "
            f"begins with {', '.join(f'{each}://' for each in SCHEMES)}."
        )
    parts = urlsplit(str(text))
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UserError(
            f"A data root under {scheme}:// has more than a host and a path: leave passwords and "
            "queries out; the credentials of a store are read from the environment."
        )
    return RemotePath(text)


def in_flight(paths: Iterable[Path | str], local: int = 1) -> int:
    """Returns how many files of a data set are read at the same time.

    Args:
        paths: The files; all are in the same store, or on a disk.
        local: What is returned for files on a disk.
    """
    return Requests.limit if any(map(is_remote, islice(paths, 1))) else local


def is_remote(path: Path | str) -> bool:
    """Returns whether a path leads into a store."""
    return "://" in str(path)


@contextmanager
def local_copy(path: Path) -> Iterator[Path]:
    """Yields a file on the disk with the content of another one: that one, if it is on the disk."""
    if not is_remote(path):
        yield path
        return
    content = path.read_bytes()
    with tempfile.TemporaryDirectory(prefix="kerasaudio-") as folder:
        copy = Path(folder) / f"copy{path.suffix}"
        copy.write_bytes(content)
        yield copy


def readable(path: Path) -> Path | io.BytesIO:
    """Returns what libraries read a file from: its path, or the bytes of one in a store."""
    return io.BytesIO(path.read_bytes()) if is_remote(path) else path


@cache
def _store(scheme: str) -> Store:
    if scheme in WEB:
        from kerasaudio.data.stores.web_store import WebStore

        return WebStore()
    from kerasaudio.data.stores.tensorflow_store import TensorFlowStore  # imports TensorFlow

    return TensorFlowStore(scheme)


class RemotePath(PosixPath):
    """A file or folder in a store, which can be listed and read, but not changed."""

    def __str__(self) -> str:
        return super().__str__().replace(":/", "://", 1)

    @property
    def _store(self) -> Store:
        return _store(self.parts[0].removesuffix(":"))

    def resolve(self, strict: bool = False) -> RemotePath:
        """Returns the path without `..`; a store has no links."""
        return type(self)(posixpath.normpath(super().__str__()))

    def is_symlink(self) -> bool:
        """Returns that it is none."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Returns the size of a file and the time of its last change.

        Raises:
            StoreError: If there is no such file, or the store does not answer.
        """
        with Requests.turns:
            return self._store.state(str(self))

    def is_file(self, **_: Any) -> bool:
        """Returns whether there is a file; a store that does not answer is a StoreError."""
        try:
            return bool(self.stat())
        except StoreError as error:
            if error.errno not in NO_FILE:
                raise
            return False

    def is_dir(self, **_: Any) -> bool:
        """Returns whether there is a folder; a store that does not answer is a StoreError."""
        return self._store.is_folder(str(self))

    def exists(self, **_: Any) -> bool:
        """Returns whether there is a file or folder."""
        return self.is_file() or self.is_dir()

    def iterdir(self) -> Generator[RemotePath, None, None]:
        """Yields what is in a folder.

        Raises:
            StoreError: If there is no such folder, or the store does not answer.
        """
        yield from (self / name for name in self._store.names(str(self)))

    def glob(self, pattern: str, **_: Any) -> Generator[RemotePath, None, None]:
        """Yields what is in a folder under names of a pattern; nothing if there is no folder."""
        try:
            yield from (path for path in self.iterdir() if fnmatch(path.name, pattern))
        except FileNotInStoreError:
            return

    def read_bytes(self) -> bytes:
        """Returns a whole file, or raises a StoreError."""
        with Requests.turns:
            return self._store.read(str(self))

    def open(self, mode: str = "r", buffering: int = -1, *_: Any, **__: Any) -> Any:
        """Opens a file of which only what is asked for is read.

        Args:
            mode: "rb"; nothing else.
            buffering: 0 reads exactly the bytes that are asked for.

        Raises:
            StoreError: If there is no such file, or the store does not answer.
        """
        if mode != "rb":
            raise self._read_only()
        file = RemoteFile(self._store, str(self))
        return file if buffering == 0 else io.BufferedReader(file, BUFFER)

    def mkdir(self, *_: Any, **__: Any) -> None:
        """Raises a StoreError: nothing is written into a store."""
        raise self._read_only()

    def _read_only(self) -> StoreError:
        return StoreError(errno.EROFS, "data roots in stores are read only", str(self))


class RemoteFile(io.RawIOBase):
    """An open file, of which each read is a request.

    Args:
        store: The store.
        url: Address of the file.
    """

    def __init__(self, store: Store, url: str) -> None:
        self.store, self.url, self.at = store, url, 0
        with Requests.turns:
            self.state = store.state(url)
        self.size = self.state.st_size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer: Any) -> int:
        with memoryview(buffer).cast("B") as view:
            count = max(0, min(len(view), self.size - self.at))
            if count:
                view[:count] = self._part(count)
        self.at += count
        return count

    def readall(self) -> bytes:
        count = max(0, self.size - self.at)
        found = self._part(count) if count else b""
        self.at += count
        return found

    def _part(self, count: int) -> bytes:
        with Requests.turns:
            return self.store.part(self.url, self.at, count, self.size)
