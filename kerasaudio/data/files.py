"""Files that are written whole or not at all, and links that lead out of a folder."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from kerasaudio.data.stores.stores import is_remote
from kerasaudio.errors import UserError

PARTIAL = ".partial-"  # beginning of the name of a file that is not whole yet
ABANDONED = 24 * 3600  # age in seconds from which on nobody writes into such a file any more


class NotWritten(UserError):
    """A file or folder that could not be written."""


@contextmanager
def written(path: Path, durable: bool = True) -> Iterator[Path]:
    """Yields a temporary path and renames it to `path` at the end: written whole or not at all.

    A link is never followed, since somebody else may have made it. What is no file, such as a pipe
    or a device, is written into directly. The temporary file lies in the same folder, ends like
    `path`, and is removed after a failure, or by the next process that writes into the folder
    if this one was killed. Many threads and processes may write the same file at once; the last
    one to finish wins.

    Args:
        path: The file.
        durable: Whether the file is on the disk, and survives a power cut, when it gets its name.
            Without, the folder is not searched for what is left, either: many files are quick.

    Raises:
        NotWritten: If the file cannot be written.
    """
    try:
        refuse_link(path)
        special = path.is_symlink() or (path.exists() and not path.is_file())
        path = path.resolve()
        partial = path if special else _partial(path)
        try:
            if not special:
                partial.unlink(missing_ok=True)
            if durable:
                _remove_left_once(path.parent)
            yield partial
            if not special:
                if durable:
                    _sync(partial)
                os.replace(partial, path)
        except BaseException:
            if not special:
                partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotWritten(
            f"{path} could not be written: {error.strerror or error}. Choose another place."
        ) from error


def refuse_link(path: Path) -> None:
    """Checks that a file to be written is no link, other than one to a device.

    Raises:
        NotWritten: If it is one.
    """
    if path.is_symlink() and not path.absolute().is_relative_to("/dev"):
        raise NotWritten(
            f"{path} could not be written: it is a link to {path.readlink()}. "
            "Name that file, or remove the link."
        )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _partial(path: Path) -> Path:
    return path.with_name(f"{own_prefix()}{threading.get_ident()}-{path.name}")


def own_prefix() -> str:
    """Returns the beginning of the names of what this process has not written whole yet."""
    return f"{PARTIAL}{_process_space()}-{os.getpid()}-"


@lru_cache
def _process_space() -> str:
    """A name for all processes that this one can tell apart, and tell dead, by their numbers.

    The host name does not do: containers may share it, and a machine keeps it when it restarts.
    """
    found = platform.node()
    with suppress(OSError):  # only Linux has these
        found += Path("/proc/sys/kernel/random/boot_id").read_text()
        found += str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(found.encode()).hexdigest()[:12]


def remove_left(folder: Path) -> None:
    """Removes what processes had not written whole when they were killed.

    Those of other machines and containers may be alive: what they left goes after a day.

    Args:
        folder: The folder; what lies in folders below it stays.
    """
    for path in folder.glob(f"{PARTIAL}*"):
        if _is_left(path):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):  # it may be another person's
                    path.unlink()


@lru_cache(1000)
def _remove_left_once(folder: Path) -> None:
    """Looking through a folder of many files for each new one would take longer than writing."""
    remove_left(folder)


def _is_left(path: Path) -> bool:
    space, _, rest = path.name.removeprefix(PARTIAL).partition("-")
    process = rest.partition("-")[0]
    if space == _process_space() and process.isdecimal():
        return not _is_alive(int(process))
    try:
        return time.time() - path.lstat().st_mtime > ABANDONED
    except OSError:  # its process has just renamed it
        return False


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def write_text(path: Path, text: str) -> None:
    """Writes text in UTF-8, whole or not at all. Bytes of names that are no text are escaped.

    Args:
        path: The file.
        text: Its content; line ends are kept as they are.

    Raises:
        NotWritten: If the file cannot be written.
    """
    with written(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, value: Any) -> None:
    """Writes a value as JSON, whole or not at all.

    Args:
        path: The file.
        value: Anything that JSON knows.

    Raises:
        NotWritten: If the file cannot be written.
    """
    write_text(path, json.dumps(value, indent=1) + "\n")


def sizes(paths: Iterable[Path]) -> dict[Path, int | None]:
    """Returns the size in bytes of each file, `None` for one that is not there."""
    return {path: _size(path) for path in paths}


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def check_sizes(expected: Mapping[Path, int | None]) -> None:
    """Checks that this machine has the same files as another one.

    Args:
        expected: What `sizes` returned there.

    Raises:
        UserError: If a file has another size, or is not there.
    """
    for path, size in expected.items():
        if (found := _size(path)) != size:
            there = "lacks it" if found is None else f"has one of {found} bytes"
            raise UserError(f"{path} has {size} bytes on the first machine, and this one {there}.")


def shown(name: str | Path) -> str:
    r"""Returns a file's name as text that can be written: bytes that are no UTF-8 become `\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def below(path: str, root: Path) -> str:
    """Returns a path below a data root as it is written from there, such as music for ./music/."""
    return path if is_remote(root) else Path(os.path.relpath(root / path, root)).as_posix()


def is_inside(path: Path, folder: Path) -> bool:
    """Returns whether a path, with all links followed, lies below a folder.

    Data sets leave out files for which it does not: a link could lead to anything.
    """
    return path.resolve().is_relative_to(folder.resolve())
