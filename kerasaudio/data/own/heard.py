"""What is heard when a recording is read once: its length, silence, and what tells its copies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from kerasaudio.data.parallel import for_each
from kerasaudio.data.sound.read import NEARLY_ONE, mono, read_channels
from kerasaudio.data.stores.store import StoreError
from kerasaudio.errors import UserError

QUIET = 1e-4  # samples below it are digital silence: -80 dB, 3 steps of 16 bits
BLOCK = 0.01  # seconds for which one number says how much is not silent
BANDS, PARTS, FRAME = 32, 64, 1024  # of a fingerprint, and the samples of a spectrum
PRINTED = 60.0  # seconds at the beginning of a recording that its fingerprint is made of
HIGHEST = 8000.0  # Hz; codecs change what is above
RANGE = 50.0  # dB below the loudest value; what is quieter says nothing
REMEMBERED = 100_000  # files


@dataclass(frozen=True, eq=False)
class Heard:
    """What is known of a recording after it was read.

    Args:
        path: The file.
        samples: Its length at `rate`.
        rate: The sampling rate in Hz that was asked for.
        loud: Share of samples that are not silent in each block of 0.01 s, or a little less.
        clipped: Share of samples at full scale.
        digest: SHA-256 of the file's bytes.
        print: Its fingerprint; all 0 for silence.
    """

    path: Path
    samples: int
    rate: int
    loud: np.ndarray
    clipped: float
    digest: str
    print: np.ndarray

    def activity(self, start: float, end: float) -> float:
        """Returns the share of a part that is not silent.

        Args:
            start: The part's beginning in seconds.
            end: The part's end in seconds.
        """
        block = _block(self.rate)
        first = round(start * self.rate) // block
        part = self.loud[first : max(round(end * self.rate) // block, first + 1)]
        return float(part.mean()) if len(part) else 0.0


def _block(rate: int) -> int:
    """The samples of a block, a whole number."""
    return max(int(BLOCK * rate), 1)


def listen(
    paths: Sequence[Path], rate: int, advance: Callable[[int], None] = lambda units: None
) -> dict[Path, Heard | str]:
    """Returns what is heard in each file, or the reason why it cannot be used.

    A file that was read before and has not changed since is not read again.

    Args:
        paths: The files.
        rate: Sampling rate in Hz that the sound is converted to.
        advance: Called after each file, for the progress display.
    """
    different = list(dict.fromkeys(paths))
    return dict(
        zip(different, for_each(lambda path: _heard(path, rate), different, advance), strict=True)
    )


def _heard(path: Path, rate: int) -> Heard | str:
    try:
        state = path.stat()
    except StoreError:
        raise  # the network's fault, not the recording's
    except OSError as error:
        return f"could not be read: {error.strerror}"
    return _heard_once(path, rate, state.st_mtime_ns, state.st_size)


@lru_cache(REMEMBERED)
def _heard_once(path: Path, rate: int, changed: int, size: int) -> Heard | str:
    try:
        channels, found = read_channels(path)
    except StoreError:
        raise
    except UserError as error:
        return str(error).removeprefix(f"{path} ").rstrip(".")
    if not channels.any():
        return "silent from beginning to end"
    samples = mono(channels, found, rate)
    if not len(samples):
        return f"only {len(channels)} samples long"
    block = _block(rate)
    loud = (
        np.add.reduceat(np.abs(samples) >= QUIET, np.arange(0, len(samples), block), dtype=int)
        / block
    )
    return Heard(
        path,
        len(samples),
        rate,
        loud.astype(np.float32),
        float(np.mean(np.abs(channels) >= NEARLY_ONE)),
        hashlib.sha256(path.read_bytes()).hexdigest(),
        fingerprint(samples, rate),
    )


def fingerprint(samples: np.ndarray, rate: int) -> np.ndarray:
    """Returns what is particular about the log-mel spectrogram of a recording.

    Every value is seen beside the mean of its band and of its moment, so that sounds of one kind,
    such as steady noises or single hits, have little in common. The product of two fingerprints is
    their correlation. It hardly depends on level and codec.

    Args:
        samples: The recording, of shape `(samples,)`.
        rate: Its sampling rate in Hz.

    Returns:
        float32 array of shape `(2048,)`, with mean 0 and length 1, or 0 for silence.
    """
    from librosa.filters import mel  # slow to import, and only needed here

    known = samples[: int(PRINTED * rate)]
    hop = max(1, min(FRAME // 4, len(known) // PARTS))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(known, FRAME // 2), FRAME)[::hop]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(FRAME).astype(np.float32))) ** 2
    bands = mel(sr=rate, n_fft=FRAME, n_mels=BANDS, fmax=min(rate / 2, HIGHEST)) @ spectrum.T
    edges = np.linspace(0, bands.shape[1], PARTS, endpoint=False).astype(int)
    power = np.add.reduceat(bands, edges, axis=1)
    peak = power.max()
    if not peak:
        return np.zeros(BANDS * PARTS, np.float32)
    decibels = 10 * np.log10(np.maximum(power / peak, 10 ** (-RANGE / 10)))
    decibels -= decibels.mean(axis=1, keepdims=True)
    decibels -= decibels.mean(axis=0, keepdims=True)
    length = np.linalg.norm(decibels)
    return (decibels / length if length else decibels).astype(np.float32).ravel()
