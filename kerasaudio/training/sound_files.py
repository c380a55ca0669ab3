"""The sound files of some splits, and the names that their content has in the cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kerasaudio.data.parallel import THREADS, at_once
from kerasaudio.data.sound.arrays import ClipFiles
from kerasaudio.data.sound.windows import Place, WindowFiles
from kerasaudio.data.stores.stores import in_flight, is_remote
from kerasaudio.experiment import Examples

SoundInputs = WindowFiles | ClipFiles  # what a layer that runs ahead can be computed of


@dataclass(frozen=True)
class SoundFile:
    """A sound file of the splits.

    Args:
        path: The file.
        places: Its windows, in the order of their first samples.
        name: Its name in the cache: files with the same content and windows have the same.
    """

    path: Path
    places: tuple[Place, ...]
    name: str


def sound_files(splits: Iterable[Examples]) -> list[SoundFile]:
    """Returns the files of some splits' windows; each is read once for its content.

    Args:
        splits: Splits whose inputs are windows of sound files.
    """
    windows = [windows_of(examples) for examples in splits]
    found: dict[Path, set[Place]] = {}
    for place in (place for each in windows for place in each.places):
        found.setdefault(place.path, set()).add(place)
    contents = at_once(content_of, list(found), in_flight(found, THREADS))
    return [
        SoundFile(path, tuple(sorted(each)), _name(content, sorted(each), windows[0]))
        for (path, each), content in zip(found.items(), contents, strict=True)
    ]


def windows_of(examples: Examples) -> SoundInputs:
    """Returns the inputs of examples that are windows of sound files."""
    assert isinstance(examples.inputs, SoundInputs)  # as all splits of a data set
    return examples.inputs


def sound_content(splits: Iterable[Examples]) -> str:
    """Returns the SHA-256 of the content of all sound files of the splits, by the files' names."""
    found = sorted(
        f"{file.path.parent.name}/{file.path.name} {file.name}" for file in sound_files(splits)
    )
    return hashlib.sha256(os.fsencode("\n".join(found))).hexdigest()


def content_of(path: Path) -> str:
    """Returns the SHA-256 of a file."""
    stat = path.stat()
    return _digest(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@cache
def _digest(path: Path, size: int, *times: int) -> str:
    """SHA-256 of a file; one that has another size or another time of a change is read again."""
    if is_remote(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _name(content: str, places: Sequence[Place], windows: SoundInputs) -> str:
    return hashlib.sha256(f"{content} {windows.described(places)}".encode()).hexdigest()[:40]
