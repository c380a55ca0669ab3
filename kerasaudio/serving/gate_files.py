"""A gate on a sound file: block by block, into another file and a label track."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kerasaudio.data.files import write_text
from kerasaudio.data.sound.decoders import opened
from kerasaudio.errors import UserError
from kerasaudio.runs.folder import open_run
from kerasaudio.serving.gate_export import FACTS, FOLDER, export_gate
from kerasaudio.serving.gate_stream import GateStream

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
    import soundfile

    openings: list[tuple[float, float]] = []
    try:
        if out.exists() and out.samefile(source):
            raise UserError(f"--out is {out}, the file itself: expected another one.")
        with opened(source) as file:
            stream = GateStream(folder, file.samplerate, changes)
            kind = (file.samplerate, file.channels)
            with soundfile.SoundFile(out, "w", *kind) as written:
                for place, sound, gains in _aligned(stream, file, buffer):
                    written.write(np.nan_to_num(sound) * gains[:, None])
                    _note(openings, place / file.samplerate, gains, file.samplerate)
    except (soundfile.LibsndfileError, OSError, TypeError) as error:
        raise UserError(f"{out} could not be written: {error}") from error
    if labels:
        lines = [f"{start:.6f}\t{end:.6f}\topen\n" for start, end in openings]
        write_text(labels, "".join(lines))
    return len(openings)


def _aligned(
    stream: GateStream, file: object, buffer: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yields blocks with their gains; those of a gate with a look-ahead come later."""
    channels = file.channels  # type: ignore[attr-defined]
    place, sound, left = 0, np.zeros((0, channels), np.float32), stream.lookahead
    skipped = stream.lookahead
    while True:
        block = file.read(buffer, dtype="float32", always_2d=True)  # type: ignore[attr-defined]
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
