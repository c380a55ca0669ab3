"""Recordings as rows of a feature table: the files of a folder, their pieces, and a row of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kerasaudio.data.files import is_inside
from kerasaudio.data.gtzan_features import FEATURES, RATE, SHORTEST, features
from kerasaudio.data.read import SUFFIXES, read
from kerasaudio.errors import UserError

COLUMNS = ("filename", "length", *FEATURES, "label")

Row = list[str | int | float]


@dataclass(frozen=True)
class Recording:
    """One sound file.

    Args:
        path: The file.
        name: Its name in the table.
        label: Name of the folder that it is in; empty if that is the folder that was asked for.
    """

    path: Path
    name: str
    label: str


def find(folder: Path) -> list[Recording]:
    """Returns all sound files below a folder, sorted by path.

    A recording has its file's name, or its path if two files have the same name. Links that lead
    out of the folder are left out.

    Args:
        folder: The folder.

    Raises:
        UserError: If there is no such folder, or no sound in it.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: expected one with sound files.")
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file() and is_inside(path, folder)
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
    """Returns the rows of a recording in the feature table.

    Args:
        recording: The recording.
        seconds: Length of a row's piece; see `cut`.

    Returns:
        Rows with the columns `COLUMNS`.

    Raises:
        UserError: If the file cannot be read or is too short.
    """
    samples = read(recording.path, RATE)
    parts = cut(samples, seconds)
    if not parts:
        expected = f"{seconds} s" if seconds == 3 else f"{SHORTEST} samples"
        raise UserError(
            f"{recording.path} is too short, {len(samples) / RATE:.2f} s: "
            f"expected at least {expected}."
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
    """Returns the pieces of a recording that have a row each, as in the published tables.

    With pieces of 3 s, what is left over at the end has no row. With pieces of 30 s it belongs to
    the last piece, and a shorter recording is one piece.

    Args:
        samples: The recording, of shape `(samples,)`, at 22,050 Hz.
        seconds: Length of a piece.
    """
    length = seconds * RATE
    starts = range(0, len(samples) - length + 1, length)
    if seconds == 3:
        return [samples[start : start + length] for start in starts]
    if len(samples) < SHORTEST:
        return []
    bounds = [*starts[1:], len(samples)]
    return [samples[start:end] for start, end in zip([0, *starts[1:]], bounds, strict=True)]
