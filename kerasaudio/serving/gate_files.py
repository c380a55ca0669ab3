"""A gate on a sound file: block by block, into another file and a label track."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasaudio.data.files import NotWritten, write_text, written
from kerasaudio.data.sound.decoders import opened
from kerasaudio.errors import UserError
from kerasaudio.serving.gate_picture import Strip
from kerasaudio.serving.gate_pipes import PIPE, RawSource, write_raw
from kerasaudio.serving.gate_stream import FACTS, FOLDER, GateStream

if TYPE_CHECKING:
    from soundfile import SoundFile

EVERY = 2.0  # seconds between two lines of progress
OPEN = 0.5  # gain from which on a label track calls the gate open


@dataclass(frozen=True)
class GateJob:
    """What is to be gated, and into what.

    Args:
        source: The sound file; "-" is raw sound from stdin, see `gate_pipes`.
        out: The new file, whose suffix is its format; "-" writes raw sound to stdout.
        changes: Settings that differ from those of the gate.
        buffer: Samples that the gate gets at once.
        rate: Sampling rate in Hz of raw sound from stdin.
        channels: Its number of channels.
        labels: File that gets the openings as an Audacity label track, or `None`.
        picture: File that gets a picture of what the gate did, or `None`.
    """

    source: Path
    out: Path
    changes: Mapping[str, float]
    buffer: int = 100
    rate: int = 48_000
    channels: int = 1
    labels: Path | None = None
    picture: Path | None = None


def exported_gate(path: Path) -> Path | None:
    """Returns the folder of an exported gate, or `None` where a run was not exported yet.

    Args:
        path: Folder of a run or of an exported gate.
    """
    places = (path, path / FOLDER)
    return next((place for place in places if (place / FACTS).is_file()), None)


def gate_file(folder: Path, job: GateJob) -> int:
    """Writes gated sound, buffer by buffer, and returns the number of openings.

    Args:
        folder: Folder of the exported gate.
        job: What is to be gated.

    Raises:
        UserError: If a file cannot be read or written.
    """
    source, out = job.source, job.out
    if out.exists() and source.exists() and out.samefile(source):
        raise UserError(f"--out is {out}, the file itself: expected another one.")
    openings: list[tuple[float, float]] = []
    strip = Strip() if job.picture else None
    with ExitStack() as stack:
        target = stack.enter_context(_target(out))
        file = stack.enter_context(_source(job))
        stream, rate = GateStream(folder, file.samplerate, dict(job.changes)), file.samplerate
        write = stack.enter_context(_output(target, out, file))
        for place, sound, answers in _telling(_aligned(stream, file, job.buffer), file):
            clean = np.nan_to_num(sound, nan=0, posinf=0, neginf=0)
            write(clean * answers[:, :1])
            _note(openings, place / rate, answers[:, 0], rate)
            if strip:
                strip.add(clean, answers)
    if job.labels:
        lines = [f"{start:.6f}\t{end:.6f}\topen\n" for start, end in openings]
        write_text(job.labels, "".join(lines))
    if job.picture and strip:
        strip.draw(rate, job.picture, source.name)
    return len(openings)


@contextmanager
def _source(job: GateJob) -> Iterator[SoundFile | RawSource]:
    if str(job.source) == PIPE:
        yield RawSource(job.rate, job.channels, sys.stdin.buffer)
    else:
        with opened(job.source) as file:
            yield file


@contextmanager
def _target(out: Path) -> Iterator[Path]:
    if str(out) == PIPE:
        yield out
    else:
        with written(out) as partial:
            yield partial


@contextmanager
def _output(
    path: Path, out: Path, like: SoundFile | RawSource
) -> Iterator[Callable[[np.ndarray], None]]:
    """Yields a function that writes blocks; what goes wrong in it is told as a fault of `out`."""
    import soundfile

    if str(out) == PIPE:
        yield write_raw
        return

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except (soundfile.LibsndfileError, TypeError, ValueError, OSError) as error:
            reason = str(getattr(error, "error_string", error)).rstrip(".")
            raise NotWritten(
                f"{out} could not be written with {like.samplerate} Hz and {like.channels} "
                f"channels: {reason}. Choose another place or format, such as .wav or .flac."
            ) from error

    def write(block: np.ndarray) -> None:
        with told():
            file.write(block)

    with told():
        file = soundfile.SoundFile(path, "w", like.samplerate, like.channels, _subtype(out, like))
    try:
        yield write
    finally:
        with told():
            file.close()


def _subtype(out: Path, like: SoundFile | RawSource) -> str | None:
    """The resolution of the source where the new format has it, otherwise that format's own."""
    import soundfile

    name = out.suffix[1:].upper()
    known = name in soundfile.available_formats() and soundfile.check_format(name, like.subtype)
    return like.subtype if known else None


def _telling(
    blocks: Iterator[tuple[int, np.ndarray, np.ndarray]], file: SoundFile | RawSource
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Passes blocks on, and says every few seconds how far they are."""
    due = time.monotonic() + EVERY
    for place, sound, gains in blocks:
        yield place, sound, gains
        if time.monotonic() >= due:
            done, whole = (samples / file.samplerate for samples in (place, file.frames))
            of = f" of {whole:.0f}" if whole else ""
            print(f"gate      {done:.0f}{of} s", file=sys.stderr, flush=True)
            due = time.monotonic() + EVERY


def _aligned(
    stream: GateStream, file: SoundFile | RawSource, buffer: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yields blocks with what the gate answers; that of a gate with a look-ahead comes later."""
    channels = file.channels
    place, sound, left = 0, np.zeros((0, channels), np.float32), stream.lookahead
    skipped = stream.lookahead
    while True:
        block = file.read(buffer, dtype="float32", always_2d=True)
        if not len(block):
            if not left:
                return
            block, left = np.zeros((left, channels), np.float32), 0
            answers = stream.answers(block)
        else:
            answers = stream.answers(block)
            sound = np.concatenate([sound, block])
        passed = min(skipped, len(answers))
        skipped, answers = skipped - passed, answers[passed:]
        ready = min(len(answers), len(sound))
        if ready:
            yield place, sound[:ready], answers[:ready]
        place, sound = place + ready, sound[ready:]


def _note(openings: list[tuple[float, float]], start: float, gains: np.ndarray, rate: int) -> None:
    """Adds what is open in a block to the openings so far."""
    edges = np.flatnonzero(np.diff(np.r_[False, gains >= OPEN, False].astype(int)))
    for first, last in edges.reshape(-1, 2):
        begin, end = start + first / rate, start + last / rate
        if openings and begin - openings[-1][1] < 0.5 / rate:
            begin = openings.pop()[0]
        openings.append((begin, end))
