"""The sound files below a folder, and what lies there besides."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.files import is_inside, shown
from kerasaudio.data.sound.decoders import FFMPEG, is_sound
from kerasaudio.data.stores.stores import is_remote

# Folders that systems make for themselves, besides those whose names begin with a dot.
HIDDEN = frozenset(("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found"))
NAMED = 3  # files that a line about many names
SUFFIXES = 8  # kinds of files that a line names


@dataclass(frozen=True)
class Listing:
    """The files below a folder, as paths, sorted.

    Args:
        folder: The folder.
        sounds: Files with a suffix that is read.
        others: Files with another suffix.
        hidden: Files whose name, or that of a folder of theirs, begins with a dot or is one that
            systems make for themselves.
        links: Links that lead out of the folder, and links to folders, which nobody follows.
    """

    folder: Path
    sounds: tuple[Path, ...]
    others: tuple[Path, ...]
    hidden: tuple[Path, ...]
    links: tuple[Path, ...]

    def left_out(self) -> str:
        """Returns what is not read and why, in words; empty if all is read."""
        parts = [f"{len(self.hidden)} hidden"] if self.hidden else []
        if self.links:
            where = f"out of {shown(self.folder)} or to folders"
            parts.append(f"{len(self.links)} links that lead {where}")
        if self.others:
            parts.append(self._by_suffix())
        parts += [f"nothing is read of the folder {name}" for name in self._empty()]
        return "; ".join(parts)

    def _by_suffix(self) -> str:
        counts = Counter(path.suffix.lower() or "no suffix" for path in self.others)
        each = ", ".join(f"{count} {shown(kind)}" for kind, count in counts.most_common(SUFFIXES))
        first = shown(self.others[0].relative_to(self.folder))
        convertible = any(path.suffix.lower() in FFMPEG for path in self.others)
        advice = ": install ffmpeg, or convert them to WAV or FLAC" if convertible else ""
        return f"{each}, first {first}{advice}"

    def _empty(self) -> list[str]:
        """Folders of sound that cannot be read, and of none that can."""
        read = {path.parent for path in self.sounds}
        sound = {path.parent for path in self.others if path.suffix.lower() in FFMPEG}
        return [shown(path.name) for path in sorted(sound - read)]


def walk(folder: Path, below: Sequence[str] | None = None) -> Listing:
    """Returns the files below a folder, or directly in some folders of it; none of them is opened.

    Args:
        folder: The folder.
        below: Names of the folders in it; `None` lists everything below it.
    """
    found: dict[str, list[Path]] = {"sounds": [], "others": [], "hidden": [], "links": []}
    for path in sorted(_paths(folder) if below is None else _directly(folder, below)):
        found[_kind(path, folder)].append(path)
    return Listing(folder, **{kind: tuple(paths) for kind, paths in found.items()})


def _paths(folder: Path) -> Iterator[Path]:
    if is_remote(folder):
        yield from _in_store(folder)
        return
    for parent, folders, files in os.walk(folder):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in [*files, *linked])


def _in_store(folder: Path) -> Iterator[Path]:
    """All files; to ask for each name whether it is a file or a folder takes long."""
    for path in folder.iterdir():
        if path.suffix or not path.is_dir():
            yield path
        else:
            yield from _in_store(path)


def _directly(folder: Path, below: Sequence[str]) -> Iterator[Path]:
    for name in below:
        if is_inside(folder / name, folder):
            found = (folder / name).glob("*")
            yield from (
                path for path in found if is_remote(path) or path.is_symlink() or not path.is_dir()
            )
        else:
            yield folder / name


def _kind(path: Path, folder: Path) -> str:
    if any(part.startswith(".") or part in HIDDEN for part in path.relative_to(folder).parts):
        return "hidden"
    if path.is_symlink() and not (path.is_file() and is_inside(path, folder)):
        return "links"
    return "sounds" if is_sound(path) and _is_file(path) else "others"


def _is_file(path: Path) -> bool:
    """Whether it is a file; what a store lists counts as one until it is read."""
    return is_remote(path) or path.is_file()


def passed_over(listing: Listing, folder: Path) -> dict[str, str]:
    """Returns how many files of each kind are no sound, and the first few names.

    Args:
        listing: The files of a folder.
        folder: The folder.
    """
    kinds = {"not read": listing.others, "hidden": listing.hidden, "links": listing.links}
    return {kind: told(paths, folder) for kind, paths in kinds.items() if paths}


def told(paths: tuple[Path, ...], folder: Path) -> str:
    """Returns how many files there are, and the first few names."""
    names = ", ".join(shown(path.relative_to(folder)) for path in paths[:NAMED])
    return f"{len(paths)}: {names}{', ...' if len(paths) > NAMED else ''}"
