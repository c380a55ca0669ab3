"""The sound files of some splits, and the names that their content has in the cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.windows import WindowFiles
from kerasaudio.experiment import Examples, Splits

THREADS = min(8, os.cpu_count() or 1)  # files that are read or computed at the same time


@dataclass(frozen=True)
class SoundFile:
    """A sound file of the splits.

    Args:
        path: The file.
        starts: First samples of its windows, ascending.
        name: Its name in the cache: files with the same content and windows have the same.
    """

    path: Path
    starts: tuple[int, ...]
    name: str


def sound_files(splits: Splits) -> list[SoundFile]:
    """Returns the files of all splits' windows; each is read once for its content.

    Args:
        splits: Splits whose inputs are windows of sound files.
    """
    starts: dict[Path, set[int]] = {}
    for _, examples in splits:
        for path, start in windows_of(examples).places:
            starts.setdefault(path, set()).add(start)
    with ThreadPoolExecutor(THREADS) as pool:
        contents = list(pool.map(_digest, starts))
    return [
        SoundFile(path, tuple(sorted(each)), _name(content, sorted(each)))
        for (path, each), content in zip(starts.items(), contents, strict=True)
    ]


def windows_of(examples: Examples) -> WindowFiles:
    """Returns the inputs of examples that are windows of sound files."""
    assert isinstance(examples.inputs, WindowFiles)  # as all splits of a data set
    return examples.inputs


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _name(content: str, starts: Sequence[int]) -> str:
    return hashlib.sha256(f"{content} {list(starts)}".encode()).hexdigest()[:40]
