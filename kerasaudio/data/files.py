"""Files that are written whole or not at all, and links that lead out of a folder."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerasaudio.errors import UserError

PARTIAL = ".partial-"  # beginning of the name of a file that is not whole yet


class NotWritten(UserError):
    """A file or folder that could not be written."""


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yields a temporary path and renames it to `path` at the end: written whole or not at all.

    A link stays a link. What is no file, such as a pipe or a device, is written into directly. The
    temporary file lies in the same folder, ends like `path`, and is removed after a failure. Many
    threads and processes may write the same file at once; the last one to finish wins.

    Args:
        path: The file.

    Raises:
        NotWritten: If the file cannot be written.
    """
    try:
        path = path.resolve()
        special = path.exists() and not path.is_file()
        partial = path if special else _partial(path)
        try:
            yield partial
            if not special:
                os.replace(partial, path)
        except BaseException:
            if not special:
                partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotWritten(
            f"{path} could not be written: {error.strerror or error}. Choose another place."
        ) from error


def _partial(path: Path) -> Path:
    return path.with_name(f"{PARTIAL}{os.getpid()}-{threading.get_ident()}-{path.name}")


def write_text(path: Path, text: str) -> None:
    """Writes text in UTF-8, whole or not at all.

    Args:
        path: The file.
        text: Its content; line ends are kept as they are.

    Raises:
        NotWritten: If the file cannot be written.
    """
    with written(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes a value as JSON, whole or not at all.

    Args:
        path: The file.
        value: Anything that JSON knows.

    Raises:
        NotWritten: If the file cannot be written.
    """
    write_text(path, json.dumps(value, indent=1) + "\n")


def is_inside(path: Path, folder: Path) -> bool:
    """Returns whether a path, with all links followed, lies below a folder.

    Data sets leave out files for which it does not: a link could lead to anything.
    """
    return path.resolve().is_relative_to(folder.resolve())
