"""The sound files of a set that has a folder a label: which are there, and which of them cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.read import SUFFIXES, read
from kerasaudio.errors import UserError

THREADS = 4  # reading waits for the disk, and libsndfile lets other threads run


@dataclass(frozen=True)
class Clip:
    """One sound file."""

    name: str  # without suffix
    label: str
    path: Path


@dataclass(frozen=True)
class Found:
    """What a folder holds: clips that can be used, and why others cannot."""

    clips: tuple[Clip, ...]
    rotten: dict[str, str]  # file name: reason

    def total(self) -> int:
        """Sound files, good or not."""
        return len(self.clips) + len(self.rotten)


def find(folder: Path, labels: Sequence[str], rate: int, shortest: int) -> Found:
    """Every sound file in the labels' folders below `folder`, read once from beginning to end.

    A file is rotten that cannot be read, is shorter than `shortest` samples at `rate` Hz, or is silent.
    """
    clips = listed(folder, labels)
    with ThreadPoolExecutor(THREADS) as pool:
        faults = list(pool.map(lambda clip: fault(clip.path, rate, shortest), clips))
    pairs = list(zip(clips, faults, strict=True))
    return Found(
        tuple(clip for clip, reason in pairs if reason is None),
        {clip.path.name: reason for clip, reason in pairs if reason is not None},
    )


def listed(folder: Path, labels: Sequence[str]) -> list[Clip]:
    """Every sound file in the labels' folders, none of them opened; links that lead out of `folder` are left alone."""
    home = folder.resolve()
    return [
        Clip(path.stem, label, path)
        for label in labels
        for path in sorted((folder / label).glob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and path.resolve().is_relative_to(home)
    ]


def fault(path: Path, rate: int, shortest: int) -> str | None:
    """Why a file cannot be used, or None."""
    try:
        samples = read(path, rate)
    except UserError as error:
        return str(error).removeprefix(f"{path} ").rstrip(".")
    if len(samples) < shortest:
        return f"{len(samples) / rate:.2f} s long, expected at least {shortest / rate:.2f} s"
    if not samples.any():
        return "silent from beginning to end"
    return None
