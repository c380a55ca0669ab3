"""Sound in a pipe: no header, and each sample is a signed 16-bit little-endian number."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from kerasaudio.data.files import NotWritten

PIPE = "-"  # in place of a file's name
FULL = 2**15


@dataclass(frozen=True)
class RawSource:
    """Sound from a pipe, to read as from a SoundFile.

    Args:
        samplerate: Sampling rate in Hz.
        channels: Number of channels, whose samples take turns.
        stream: Where it comes from.
    """

    samplerate: int
    channels: int
    stream: BinaryIO
    frames: int = 0  # not known before the end
    subtype: str = "PCM_16"

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> np.ndarray:
        """Waits for as many samples and returns them, `(samples, channels)`; fewer at the end."""
        size = 2 * self.channels
        heard = self.stream.read(frames * size)
        samples = np.frombuffer(heard[: len(heard) // size * size], "<i2").astype(dtype) / FULL
        return samples.reshape(-1, self.channels)


def write_raw(block: np.ndarray) -> None:
    """Writes samples to stdout, and at once."""
    numbers = np.clip(np.round(block * FULL), -FULL, FULL - 1)
    try:
        sys.stdout.buffer.write(numbers.astype("<i2").tobytes())
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise NotWritten("What read the gated sound has ended: expected it to go on.") from error
