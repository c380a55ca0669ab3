"""Keeps processes away from a folder that another one works in."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from kerasaudio.errors import UserError


class Locked(UserError):
    """Another process is at work in a folder."""


def is_locked(folder: Path) -> bool:
    """Returns whether another process is at work in a folder."""
    try:
        with lock(folder):
            return False
    except Locked:
        return True


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keeps other processes away from a folder; on a drive without locks it does nothing.

    Raises:
        Locked: If another process is at work in the folder.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(f"Another process works in {folder}: wait for it, or stop it.") from error
        except OSError:
            pass
        yield
    finally:
        os.close(handle)
