"""The sound files of a set with a folder for each label, and which of them cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.files import shown
from kerasaudio.data.parallel import THREADS, for_each
from kerasaudio.data.sound.read import read
from kerasaudio.data.sound.sound_folder import walk
from kerasaudio.data.stores.store import StoreError
from kerasaudio.data.stores.stores import in_flight
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
        left_out: What else is there and was not looked at, in words.
    """

    clips: tuple[Clip, ...]
    bad: dict[str, str]
    left_out: str = ""

    @property
    def total(self) -> int:
        """Number of all sound files, bad ones included."""
        return len(self.clips) + len(self.bad)


def find(folder: Path, labels: Sequence[str], rate: int, shortest: int) -> Found:
    """Returns all sound files in the labels' folders; each is read from beginning to end.

    What is left out is counted in a line on stderr. A file is bad if it cannot be read, is too
    short, or is silent.

    Args:
        folder: The folder of the labels' folders.
        labels: The labels.
        rate: Sampling rate in Hz that the sound is converted to.
        shortest: Number of samples that a clip must have, at that rate.
    """
    clips = listed(folder, labels)
    left_out = told_left_out(folder, labels)
    threads = in_flight([folder], THREADS)
    reasons = for_each(lambda clip: fault(clip.path, rate, shortest), clips, threads=threads)
    pairs = list(zip(clips, reasons, strict=True))
    return Found(
        tuple(clip for clip, reason in pairs if reason is None),
        {shown(clip.path.name): reason for clip, reason in pairs if reason is not None},
        left_out,
    )


def told_left_out(folder: Path, labels: Sequence[str]) -> str:
    """Returns in words what `listed` leaves out, if anything, and prints it on stderr.

    Args:
        folder: The folder of the labels' folders.
        labels: The labels.
    """
    left_out = walk(folder, labels).left_out()
    if left_out:
        print(f"left out: {left_out}", file=sys.stderr)
    return left_out


def listed(folder: Path, labels: Sequence[str]) -> list[Clip]:
    """Returns all sound files in the labels' folders; none of them is opened.

    Hidden files, links that lead out of `folder`, and what is no sound are left out.

    Args:
        folder: The folder of the labels' folders.
        labels: The labels.
    """
    return [
        Clip(shown(path.stem), label, path)
        for label in labels
        for path in walk(folder, [label]).sounds
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
    except StoreError:
        raise  # the network's fault, not the file's
    except UserError as error:
        return str(error).removeprefix(f"{path} ").rstrip(".")
    if len(samples) < shortest:
        return f"{len(samples) / rate:.2f} s long, expected at least {shortest / rate:.2f} s"
    if not samples.any():
        return "silent from beginning to end"
    return None
