"""A gate on a sound file: block by block, into another file and a label track."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasaudio.data.files import NotWritten, write_text, written
from kerasaudio.data.sound.decoders import opened
from kerasaudio.errors import UserError
from kerasaudio.runs.folder import open_run
from kerasaudio.serving.gate_export import FACTS, FOLDER, export_gate
from kerasaudio.serving.gate_stream import GateStream

if TYPE_CHECKING:
    from soundfile import SoundFile

EVERY = 2.0  # seconds between two lines of progress
OPEN = 0.5  # gain from which on a label track calls the gate open


def gate_folder(path: Path) -> Path:
    """Returns the folder of an exported gate; a run is exported first where it was not yet.

    Args:
        path: Folder of a run or of an exported gate.

    Raises:
        UserError: If there is no gate.
    """
    if (path / FACTS).is_file():
        return path
    folder = path / FOLDER
    return folder if (folder / FACTS).is_file() else export_gate(open_run(path))


def gate_file(
    folder: Path,
    source: Path,
    out: Path,
    changes: dict[str, float],
    buffer: int = 100,
    labels: Path | None = None,
) -> int:
    """Writes a gated copy of a sound file and returns the number of openings.

    Args:
        folder: Folder of the exported gate.
        source: The sound file.
        out: The new file, whose suffix is its format.
        changes: Settings that differ from those of the gate.
        buffer: Samples that the gate gets at once.
        labels: File that gets the openings as an Audacity label track, or `None`.

    Raises:
        UserError: If a file cannot be read or written.
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise UserError(f"--out is {out}, the file itself: expected another one.")
    openings: list[tuple[float, float]] = []
    with written(out) as partial, opened(source) as file:
        stream, rate = GateStream(folder, file.samplerate, changes), file.samplerate
        with _output(partial, out, file) as write:
            for place, sound, gains in _telling(_aligned(stream, file, buffer), file):
                write(np.nan_to_num(sound, nan=0, posinf=0, neginf=0) * gains[:, None])
                _note(openings, place / rate, gains, rate)
    if labels:
        lines = [f"{start:.6f}\t{end:.6f}\topen\n" for start, end in openings]
        write_text(labels, "".join(lines))
    return len(openings)


@contextmanager
def _output(path: Path, out: Path, like: SoundFile) -> Iterator[Callable[[np.ndarray], None]]:
    """Yields a function that writes blocks; what goes wrong in it is told as a fault of `out`."""
    import soundfile

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


def _subtype(out: Path, like: SoundFile) -> str | None:
    """The resolution of the source where the new format has it, otherwise that format's own."""
    import soundfile

    name = out.suffix[1:].upper()
    known = name in soundfile.available_formats() and soundfile.check_format(name, like.subtype)
    return like.subtype if known else None


def _telling(
    blocks: Iterator[tuple[int, np.ndarray, np.ndarray]], file: SoundFile
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Passes blocks on, and says every few seconds how far they are."""
    due = time.monotonic() + EVERY
    for place, sound, gains in blocks:
        yield place, sound, gains
        if time.monotonic() >= due:
            done, whole = (samples / file.samplerate for samples in (place, file.frames))
            print(f"gate      {done:.0f} of {whole:.0f} s", flush=True)
            due = time.monotonic() + EVERY


def _aligned(
    stream: GateStream, file: SoundFile, buffer: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yields blocks with their gains; those of a gate with a look-ahead come later."""
    channels = file.channels
    place, sound, left = 0, np.zeros((0, channels), np.float32), stream.lookahead
    skipped = stream.lookahead
    while True:
        block = file.read(buffer, dtype="float32", always_2d=True)
        if not len(block):
            if not left:
                return
            block, left = np.zeros((left, channels), np.float32), 0
            gains = stream.gains(block)
        else:
            gains = stream.gains(block)
            sound = np.concatenate([sound, block])
        passed = min(skipped, len(gains))
        skipped, gains = skipped - passed, gains[passed:]
        ready = min(len(gains), len(sound))
        if ready:
            yield place, sound[:ready], gains[:ready]
        place, sound = place + ready, sound[ready:]


def _note(openings: list[tuple[float, float]], start: float, gains: np.ndarray, rate: int) -> None:
    """Adds what is open in a block to the openings so far."""
    edges = np.flatnonzero(np.diff(np.r_[False, gains >= OPEN, False].astype(int)))
    for first, last in edges.reshape(-1, 2):
        begin, end = start + first / rate, start + last / rate
        if openings and begin - openings[-1][1] < 0.5 / rate:
            begin = openings.pop()[0]
        openings.append((begin, end))
