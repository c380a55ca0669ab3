"""What is wrong with the files of a set of labelled clips; each fault has a file's name."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kerasaudio.data.files import shown
from kerasaudio.data.parallel import THREADS, at_once, for_each
from kerasaudio.data.sound.arrays import LOUDEST
from kerasaudio.data.sound.clips import Clip
from kerasaudio.data.sound.decoders import opened
from kerasaudio.data.sound.read import NEARLY_ONE, read, sixteen_bit
from kerasaudio.data.sound.stored import stored
from kerasaudio.data.stores.store import StoreError
from kerasaudio.data.stores.stores import in_flight, is_remote, readable
from kerasaudio.errors import UserError
from kerasaudio.experiment.parts import Advance, Fault

CLIPPED = 0.001  # share of samples at full scale from which on a clip counts as clipped


@dataclass(frozen=True)
class Expected:
    """A set of clips as it was published.

    Args:
        names: Names of all clips, without suffix.
        rate: Sampling rate in Hz.
        shortest: Number of samples of the shortest clip.
        longest: Number of samples of the longest clip.
        split: The split that a clip is in, by its name; some clips may be in none.
    """

    names: frozenset[str]
    rate: int
    shortest: int
    longest: int
    split: Mapping[str, str]


def clip_faults(clips: Sequence[Clip], expected: Expected, advance: Advance) -> list[Fault]:
    """Returns everything that is wrong with sound files, which are read from beginning to end.

    Args:
        clips: The files that are there.
        expected: What should be there.
        advance: Called after each file, for the progress display.
    """
    threads = in_flight((clip.path for clip in clips), THREADS)
    each = for_each(lambda clip: list(_sound_faults(clip, expected)), clips, advance, threads)
    present = {clip.name for clip in clips}
    missing = [
        Fault(name, "missing", "", harmful=False) for name in sorted(expected.names - present)
    ]
    extra = [
        Fault(name, "extra", "not a clip of the set", harmful=True)
        for name in sorted(present - expected.names)
    ]
    found = [fault for faults in each for fault in faults]
    return missing + extra + found + _identical(clips, expected)


def array_faults(
    names: Sequence[str],
    files: Mapping[str, Path],
    known: frozenset[str],
    check: Callable[[Path], tuple[str, str] | None],
    advance: Advance,
) -> list[Fault]:
    """Returns what is wrong with annotated clips, and which clips or annotations lack the other.

    Args:
        names: Names of the annotated clips.
        files: The file of each clip that is there, by the clip's name.
        known: Clips that no protocol uses; faults of theirs are not harmful.
        check: Function from a file to kind and detail of what is wrong with it, such as
            `array_fault`.
        advance: Called after each file, for the progress display.
    """
    clips = sorted(files)
    threads = in_flight(files.values(), THREADS)
    reasons = for_each(lambda clip: check(files[clip]), clips, advance, threads)
    missing = sorted(set(names) - files.keys())
    extra = sorted(files.keys() - set(names))
    found = [Fault(clip, "missing", "annotation without a clip", harmful=False) for clip in missing]
    found += [
        Fault(clip, "not annotated", "clip without an annotation", harmful=False) for clip in extra
    ]
    for clip, reason in zip(clips, reasons, strict=True):
        if reason is not None:
            kind, detail = reason
            note = "; known: left out everywhere" if clip in known else ""
            found.append(Fault(clip, kind, detail + note, harmful=clip not in known))
    return found


def array_fault(path: Path, rate: int, samples: int, full_scale: float) -> tuple[str, str] | None:
    """Returns kind and detail of what is wrong with a whole clip, or `None`.

    Args:
        path: An array, or a sound file.
        rate: Sampling rate in Hz that a sound file is converted to.
        samples: Number of samples that are needed.
        full_scale: The sample of an array in floating point that stands for 1.
    """
    mode: Literal["r"] | None = None if is_remote(path) else "r"
    try:
        found = stored(path, samples)
        values = (
            np.load(readable(path), mmap_mode=mode, allow_pickle=False)
            if found.offset
            else sixteen_bit(path, rate, samples)
        )
    except StoreError:
        raise  # the network's fault, not the file's
    except UserError as error:
        return "unusable", str(error).removeprefix(f"{path} ").rstrip(".")
    if not np.isfinite(values).all():
        return "not numbers", "holds samples that are not finite"
    peak = float(np.abs(values.astype(np.float64)).max())
    if not peak:
        return "silent", "no sample differs from 0"
    if values.dtype.kind == "f" and peak > LOUDEST * full_scale:
        return "too loud", f"a peak of {peak:g}, where {full_scale:g} is full scale"
    return None


def _sound_faults(clip: Clip, expected: Expected) -> Iterator[Fault]:
    name = shown(clip.path.name)
    try:
        samples = read(clip.path, expected.rate)
        with opened(clip.path) as file:
            rate = file.samplerate
    except StoreError:
        raise
    except UserError as error:
        yield Fault(name, "unreadable", str(error).removeprefix(f"{clip.path} "), harmful=True)
        return
    if rate != expected.rate:
        detail = f"{rate} Hz, resampled to {expected.rate} Hz"
        yield Fault(name, "wrong rate", detail, harmful=False)
    if not expected.shortest <= len(samples) <= expected.longest:
        detail = f"{len(samples)} samples, expected {expected.shortest} to {expected.longest}"
        yield Fault(name, "wrong length", detail, harmful=len(samples) < expected.shortest)
    if not samples.any():
        yield Fault(name, "silent", "no sample differs from 0", harmful=True)
    share = float(np.mean(np.abs(samples) >= NEARLY_ONE))
    if share >= CLIPPED:
        yield Fault(name, "clipped", f"{share:.1%} of its samples at full scale", harmful=False)


def _identical(clips: Sequence[Clip], expected: Expected) -> list[Fault]:
    """Files with the same bytes; harmful with different labels or in different splits."""

    def digest(clip: Clip) -> str:
        return hashlib.sha256(clip.path.read_bytes()).hexdigest()

    groups: dict[str, list[Clip]] = defaultdict(list)
    threads = in_flight(clip.path for clip in clips)
    for clip, content in zip(clips, at_once(digest, clips, threads), strict=True):
        groups[content].append(clip)
    found = []
    for same in groups.values():
        for other in same[1:]:
            sides = {expected.split.get(clip.name) for clip in (same[0], other)} - {None}
            straddle, labels = len(sides) > 1, {same[0].label, other.label}
            where = f", one in {' and one in '.join(sorted(map(str, sides)))}" if straddle else ""
            detail = f"the bytes of {same[0].path.name}{where}"
            harmful = straddle or len(labels) > 1
            found.append(Fault(other.path.name, "identical", detail, harmful=harmful))
    return found
