"""Where predictions get their sound: files and folders that a person names."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from kerasaudio.data import recordings
from kerasaudio.data.read import SUFFIXES
from kerasaudio.data.recordings import Recording
from kerasaudio.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """A recording or a folder of recordings.

    Args:
        path: The file or folder.
        recordings: Its recordings, with names under which predictions list them.
    """

    path: Path
    recordings: tuple[Recording, ...]

    def read(self, reader: Callable[[Recording], T]) -> Iterator[tuple[str, T]]:
        """Yields the name of each recording with what the reader returns for it.

        In a folder, a recording that cannot be read is passed over, with a line on stderr.

        Args:
            reader: Function that raises a UserError for a recording that it cannot read.

        Raises:
            UserError: If a single file, or every file of a folder, cannot be read.
        """
        count = 0
        for recording in self.recordings:
            try:
                found = reader(recording)
            except UserError as reason:
                if not self.path.is_dir():
                    raise
                print(f"passed over: {reason}", file=sys.stderr)
                continue
            count += 1
            yield recording.name, found
        if not count:
            raise UserError(f"No file of {self.path} could be read: expected at least one.")


def is_sound(path: Path) -> bool:
    """Returns whether a path is a folder, or a file whose name says that it is sound."""
    return path.is_dir() or path.suffix.lower() in SUFFIXES


def find_sources(paths: Sequence[Path]) -> list[Source]:
    """Returns the recordings of files and folders.

    A recording is called by its file's name; where several files have the same name, by the path.

    Args:
        paths: Sound files and folders of sound files.

    Raises:
        UserError: If a folder holds no sound.
    """
    found = [Source(path, _recordings(path)) for path in paths]
    files = defaultdict(set)
    for source in found:
        for each in source.recordings:
            files[each.name].add(each.path.resolve())
    return [
        replace(
            source,
            recordings=tuple(
                replace(each, name=each.path.as_posix()) if len(files[each.name]) > 1 else each
                for each in source.recordings
            ),
        )
        for source in found
    ]


def _recordings(path: Path) -> tuple[Recording, ...]:
    if path.is_dir():
        return tuple(recordings.find(path))
    return (Recording(path, path.name, ""),)
