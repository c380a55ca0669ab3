"""What is wrong with the files of a set of labelled clips, each fault by name."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasaudio.data.clips import THREADS, Clip, listed
from kerasaudio.data.read import read
from kerasaudio.errors import UserError

CLIPPED = 0.001  # share of samples at full scale from which a clip counts as clipped
FULL_SCALE = 0.9999


@dataclass(frozen=True)
class Expected:
    """The set as it was published."""

    names: frozenset[str]  # of clips, without suffix
    rate: int  # Hz
    shortest: int  # samples
    longest: int
    split: dict[str, str]  # clip: the split that it plays in


@dataclass(frozen=True)
class Fault:
    """One thing about one file."""

    name: str
    kind: str
    detail: str
    harmful: bool  # whether training leaves it out or learns something wrong


def faults(folder: Path, labels: Sequence[str], expected: Expected) -> list[Fault]:
    """Every fault of the files in the labels' folders, by kind and name; all are read from beginning to end."""
    clips = listed(folder, labels)
    with ThreadPoolExecutor(THREADS) as pool:
        each = [
            fault
            for found in pool.map(lambda clip: list(_of(clip, expected)), clips)
            for fault in found
        ]
    present = {clip.name for clip in clips}
    missing = [
        Fault(name, "missing", "", harmful=False) for name in sorted(expected.names - present)
    ]
    extra = [
        Fault(name, "extra", "not a clip of the set", harmful=True)
        for name in sorted(present - expected.names)
    ]
    return missing + extra + each + _identical(clips, expected)


def _of(clip: Clip, expected: Expected) -> Iterator[Fault]:
    import soundfile

    try:
        samples, rate = read(clip.path, expected.rate), soundfile.info(clip.path).samplerate
    except UserError as error:
        yield Fault(
            clip.path.name, "unreadable", str(error).removeprefix(f"{clip.path} "), harmful=True
        )
        return
    if rate != expected.rate:
        yield Fault(
            clip.path.name,
            "wrong rate",
            f"{rate} Hz, resampled to {expected.rate} Hz",
            harmful=False,
        )
    if not expected.shortest <= len(samples) <= expected.longest:
        detail = f"{len(samples)} samples, expected {expected.shortest} to {expected.longest}"
        yield Fault(
            clip.path.name, "wrong length", detail, harmful=len(samples) < expected.shortest
        )
    if not samples.any():
        yield Fault(clip.path.name, "silent", "no sample differs from 0", harmful=True)
    share = float(np.mean(np.abs(samples) >= FULL_SCALE))
    if share >= CLIPPED:
        yield Fault(
            clip.path.name, "clipped", f"{share:.1%} of its samples at full scale", harmful=False
        )


def _identical(clips: Sequence[Clip], expected: Expected) -> list[Fault]:
    """Files with the same bytes; harmful where they have other labels or play in different splits."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[hashlib.sha256(clip.path.read_bytes()).hexdigest()].append(clip)
    found = []
    for same in groups.values():
        for other in same[1:]:
            sides = {expected.split.get(clip.name) for clip in (same[0], other)} - {None}
            straddle, labels = len(sides) > 1, {same[0].label, other.label}
            where = f", one in {' and one in '.join(sorted(map(str, sides)))}" if straddle else ""
            detail = f"the bytes of {same[0].path.name}{where}"
            found.append(
                Fault(other.path.name, "identical", detail, harmful=straddle or len(labels) > 1)
            )
    return found
