"""Recordings to rows of the feature table: which files a folder has, where they are cut, what a row holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kerasaudio.data.gtzan_features import FEATURES, RATE, SHORTEST, features
from kerasaudio.data.read import SUFFIXES, read
from kerasaudio.errors import UserError

COLUMNS = ("filename", "length", *FEATURES, "label")

Row = list[str | int | float]


@dataclass(frozen=True)
class Recording:
    """One sound file, and how the table names it."""

    path: Path
    name: str
    label: str  # the folder that it is in; "" where it lies in the folder that was asked for


def find(folder: Path) -> list[Recording]:
    """Every sound file below a folder, by label and name; links that lead out of it are left alone.

    A recording is called by its file's name, or by its path where two files have the same name. Raises UserError where
    there is no such folder or no sound in it.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: expected one with sound files.")
    home = folder.resolve()
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and path.resolve().is_relative_to(home)
    ]
    if not paths:
        raise UserError(
            f"{folder} holds no sound: expected files that end in {', '.join(sorted(SUFFIXES))}."
        )
    repeated = {name for name, count in Counter(path.name for path in paths).items() if count > 1}
    return [
        Recording(
            path,
            path.relative_to(folder).as_posix() if path.name in repeated else path.name,
            path.parent.name if path.parent != folder else "",
        )
        for path in paths
    ]


def rows(recording: Recording, seconds: Literal[3, 30]) -> list[Row]:
    """The recording's rows in the order of COLUMNS. Raises UserError for a file that has none."""
    samples = read(recording.path, RATE)
    parts = cut(samples, seconds)
    if not parts:
        expected = f"{seconds} s" if seconds == 3 else f"{SHORTEST} samples"
        raise UserError(
            f"{recording.path} is too short, {len(samples) / RATE:.2f} s: expected at least {expected}."
        )
    names = [recording.name]
    if seconds == 3 or len(parts) > 1:
        stem, suffix = recording.name.removesuffix(recording.path.suffix), recording.path.suffix
        names = [f"{stem}.{number}{suffix}" for number in range(len(parts))]
    return [
        [name, len(part), *features(part).tolist(), recording.label]
        for name, part in zip(names, parts, strict=True)
    ]


def cut(samples: np.ndarray, seconds: Literal[3, 30]) -> list[np.ndarray]:
    """The pieces that have a row each, as in the published tables.

    Pieces of 3 s leave what is left over out; of 30 s the last one takes it in, and a shorter recording is one piece.
    """
    length = seconds * RATE
    starts = range(0, len(samples) - length + 1, length)
    if seconds == 3:
        return [samples[start : start + length] for start in starts]
    if len(samples) < SHORTEST:
        return []
    bounds = [*starts[1:], len(samples)]
    return [samples[start:end] for start, end in zip([0, *starts[1:]], bounds, strict=True)]
