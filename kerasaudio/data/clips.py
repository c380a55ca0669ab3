"""The sound files of a set with a folder for each label, and which of them cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.files import is_inside
from kerasaudio.data.parallel import for_each
from kerasaudio.data.read import SUFFIXES, read
from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Clip:
    """One sound file.

    Args:
        name: File name without suffix.
        label: Name of the folder that the file is in.
        path: The file.
    """

    name: str
    label: str
    path: Path


@dataclass(frozen=True)
class Found:
    """The sound files of a folder.

    Args:
        clips: Files that can be used.
        bad: Reason why a file cannot be used, by file name.
    """

    clips: tuple[Clip, ...]
    bad: dict[str, str]

    @property
    def total(self) -> int:
        """Number of all sound files, bad ones included."""
        return len(self.clips) + len(self.bad)


def find(folder: Path, labels: Sequence[str], rate: int, shortest: int) -> Found:
    """Returns all sound files in the labels' folders; each is read from beginning to end.

    A file is bad if it cannot be read, is too short, or is silent.

    Args:
        folder: The folder of the labels' folders.
        labels: The labels.
        rate: Sampling rate in Hz that the sound is converted to.
        shortest: Number of samples that a clip must have, at that rate.
    """
    clips = listed(folder, labels)
    reasons = for_each(lambda clip: fault(clip.path, rate, shortest), clips)
    pairs = list(zip(clips, reasons, strict=True))
    return Found(
        tuple(clip for clip, reason in pairs if reason is None),
        {clip.path.name: reason for clip, reason in pairs if reason is not None},
    )


def listed(folder: Path, labels: Sequence[str]) -> list[Clip]:
    """Returns all sound files in the labels' folders; none of them is opened.

    Links that lead out of `folder` are left out.

    Args:
        folder: The folder of the labels' folders.
        labels: The labels.
    """
    return [
        Clip(path.stem, label, path)
        for label in labels
        for path in sorted((folder / label).glob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file() and is_inside(path, folder)
    ]


def fault(path: Path, rate: int, shortest: int) -> str | None:
    """Returns the reason why a file cannot be used, or `None`.

    Args:
        path: A sound file.
        rate: Sampling rate in Hz that the sound is converted to.
        shortest: Number of samples that a clip must have, at that rate.
    """
    try:
        samples = read(path, rate)
    except UserError as error:
        return str(error).removeprefix(f"{path} ").rstrip(".")
    if len(samples) < shortest:
        return f"{len(samples) / rate:.2f} s long, expected at least {shortest / rate:.2f} s"
    if not samples.any():
        return "silent from beginning to end"
    return None
