"""Recordings as rows of a feature table: the files of a folder, their pieces, and a row of each."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kerasaudio.data.features.gtzan_features import FEATURES, RATE, SHORTEST, features
from kerasaudio.data.files import shown
from kerasaudio.data.sound.decoders import LIBSNDFILE
from kerasaudio.data.sound.read import read
from kerasaudio.data.sound.sound_folder import walk
from kerasaudio.data.tables.table_labels import label_text
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

    A recording has its file's name, or its path if two files have the same name. Hidden files,
    links that lead out of the folder, and what is no sound are left out; a line on stderr counts
    them.

    Args:
        folder: The folder.

    Raises:
        UserError: If there is no such folder, or no sound in it.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: expected one with sound files.")
    found = walk(folder)
    left_out = found.left_out()
    if not found.sounds:
        seen = f" ({left_out})" if left_out else ""
        raise UserError(
            f"{shown(folder)} holds no sound that can be read{seen}: expected files that end in "
            f"{', '.join(sorted(LIBSNDFILE))}."
        )
    if left_out:
        print(f"left out: {left_out}", file=sys.stderr)
    counts = Counter(as_text(path.name) for path in found.sounds)
    return [
        Recording(
            path,
            as_text(path.relative_to(folder) if counts[as_text(path.name)] > 1 else path.name),
            as_text(path.parent.name) if path.parent != folder else "",
        )
        for path in found.sounds
    ]


def as_text(name: str | Path) -> str:
    """Returns a file's name as text that can be written, in one Unicode form."""
    return label_text(shown(name))


def rows(recording: Recording, seconds: Literal[3, 30]) -> list[Row]:
    """Returns the rows of a recording in the feature table.

    Args:
        recording: The recording.
        seconds: Length of a row's piece; see `cut`.

    Returns:
        Rows with the columns `COLUMNS`.

    Raises:
        UserError: If the file cannot be read, is silent or is too short.
    """
    samples = read(recording.path, RATE)
    if not samples.any():
        raise UserError(f"{recording.path} is silent from beginning to end: it has no features.")
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
