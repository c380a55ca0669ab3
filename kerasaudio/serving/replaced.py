"""Folders that are written whole or not at all, or for this process alone."""

from __future__ import annotations

import atexit
import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kerasaudio.data.files import own_prefix, remove_left
from kerasaudio.errors import UserError


@contextlib.contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Yields a new folder of this process' own, which takes the place of `target` at the end.

    Nothing of it is left behind where the body fails.

    Args:
        target: The folder, which may be there already.

    Raises:
        UserError: If the folder cannot be written.
    """
    try:
        remove_left(target.parent)
        with tempfile.TemporaryDirectory(
            prefix=own_prefix(), dir=target.parent, ignore_cleanup_errors=True
        ) as own:
            folder = Path(own) / target.name
            folder.mkdir()
            yield folder
            _put_in_place(folder, target, Path(own) / "earlier")
    except OSError as error:
        raise UserError(
            f"{target} could not be written: {error.strerror or error}. Make room, or give the "
            "run's folder write permission."
        ) from error


def _put_in_place(folder: Path, target: Path, earlier: Path) -> None:
    """A folder cannot be renamed onto a full one, which another export may put there meanwhile."""
    earlier.mkdir()
    while True:
        try:
            folder.rename(target)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        with contextlib.suppress(FileNotFoundError):
            target.rename(Path(tempfile.mkdtemp(dir=earlier)) / target.name)


def temporary() -> Path:
    """Returns a new folder that is removed when this process ends."""
    folder = tempfile.mkdtemp(prefix="kerasaudio-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
