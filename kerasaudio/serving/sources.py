"""Where predictions get their sound: files and folders that a person names."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from kerasaudio.data.features import recordings
from kerasaudio.data.features.recordings import Recording, as_text
from kerasaudio.data.sound import decoders
from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Source:
    """A recording or a folder of recordings.

    Args:
        path: The file or folder.
        recordings: Its recordings, with names under which predictions list them.
    """

    path: Path
    recordings: tuple[Recording, ...]


def is_sound(path: Path) -> bool:
    """Returns whether a path is a folder, or a file whose name says that it is sound."""
    return path.is_dir() or decoders.is_sound(path)


def find_sources(paths: Sequence[Path]) -> list[Source]:
    """Returns the recordings of files and folders.

    A recording is called by its file's name; where several files have the same name, by the path
    from the folder that all sources are in.

    Args:
        paths: Sound files and folders of sound files.

    Raises:
        UserError: If a folder holds no sound.
    """
    found = {path: _recordings(path) for path in paths}
    files = defaultdict(set)
    for each in chain.from_iterable(found.values()):
        files[as_text(each.path.name)].add(each.path.resolve())
    if any(len(same) > 1 for same in files.values()):
        above = os.path.commonpath([_folder(path).resolve() for path in paths])
        found = {
            path: tuple(
                replace(each, name=_below(above, path, each.path))
                if len(files[as_text(each.path.name)]) > 1
                else each
                for each in recordings
            )
            for path, recordings in found.items()
        }
    return [Source(path, found[path]) for path in paths]


def _folder(source: Path) -> Path:
    return source if source.is_dir() else source.parent


def _below(above: str, source: Path, recording: Path) -> str:
    folder = _folder(source)
    path = folder.resolve() / recording.relative_to(folder)
    return as_text(path.relative_to(above).as_posix())


def path_of(folder: Path, name: str, suffix: str) -> Path:
    """Returns the path of a file about a recording; the folders that it needs are made.

    Args:
        folder: Folder of all such files.
        name: Name of the recording.
        suffix: What the file's name has more than the recording's.

    Raises:
        UserError: If the folders cannot be made.
    """
    path = folder / f"{name}{suffix}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {path.parent} could not be made: {error.strerror}. Choose another."
        ) from error
    return path


def _recordings(path: Path) -> tuple[Recording, ...]:
    if path.is_dir():
        return tuple(recordings.find(path))
    return (Recording(path, as_text(path.name), ""),)
