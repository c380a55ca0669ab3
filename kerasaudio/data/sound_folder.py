"""The sound files below a folder, and what lies there besides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.files import is_inside
from kerasaudio.data.read import SUFFIXES

HIDDEN = frozenset(("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN"))  # besides .names
NAMED = 3  # files that a line about many names


@dataclass(frozen=True)
class Listing:
    """The files below a folder, as paths, sorted.

    Args:
        sounds: Files with a suffix that is read.
        others: Files with another suffix.
        hidden: Files whose name, or that of a folder of theirs, begins with a dot or is one that
            systems make for themselves.
        links: Links that lead out of the folder, and links to folders, which nobody follows.
    """

    sounds: tuple[Path, ...]
    others: tuple[Path, ...]
    hidden: tuple[Path, ...]
    links: tuple[Path, ...]


def walk(folder: Path) -> Listing:
    """Returns the files below a folder; none of them is opened.

    Args:
        folder: The folder.
    """
    found: dict[str, list[Path]] = {"sounds": [], "others": [], "hidden": [], "links": []}
    for path in sorted(_paths(folder)):
        found[_kind(path, folder)].append(path)
    return Listing(**{kind: tuple(paths) for kind, paths in found.items()})


def _paths(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in [*files, *linked])


def _kind(path: Path, folder: Path) -> str:
    if any(part.startswith(".") or part in HIDDEN for part in path.relative_to(folder).parts):
        return "hidden"
    if path.is_symlink() and not (path.is_file() and is_inside(path, folder)):
        return "links"
    return "sounds" if path.suffix.lower() in SUFFIXES and path.is_file() else "others"


def told(paths: tuple[Path, ...], folder: Path) -> str:
    """Returns how many files there are, and the first few names."""
    names = ", ".join(path.relative_to(folder).as_posix() for path in paths[:NAMED])
    return f"{len(paths)}: {names}{', ...' if len(paths) > NAMED else ''}"
