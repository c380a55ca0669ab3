"""Reads one sound file as samples of one channel at one sampling rate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasaudio.data.sound.decoders import cut_off, opened
from kerasaudio.data.sound.wav import LOUDEST, ends_early, parse
from kerasaudio.errors import UserError

if TYPE_CHECKING:
    from soundfile import SoundFile

FULL_SCALE = 32_768  # of 16-bit samples
NEARLY_ONE = 0.9999  # samples from here on are at full scale
MISSING = 0.05  # seconds at the end of a clip: codecs differ by a frame
AT_ONCE = 1 << 26  # numbers that are read at once, whatever a header promises
RATES = (1000, 1_000_000)  # lowest and highest sampling rate in Hz of a file
READ_AT_ONCE = 32  # examples of a batch in order: more would not fit as spectrograms into memory
SAMPLE_BY_SAMPLE = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")  # libsndfile's names of encodings


def read(path: Path, rate: int) -> np.ndarray:
    """Returns a sound file's samples: the mean of its channels, resampled as librosa.load does.

    Args:
        path: A file that libsndfile reads, or ffmpeg where that is installed.
        rate: Sampling rate in Hz of what is returned.

    Returns:
        float32 array of shape `(samples,)`, in [-1, 1] but for what resampling overshoots.

    Raises:
        UserError: If the file is missing, not sound, empty, cut off, or holds what is not a number
            or far beyond full scale.
    """
    samples, found = read_channels(path)
    return mono(samples, found, rate)


def read_channels(path: Path) -> tuple[np.ndarray, int]:
    """Returns a sound file's samples of shape `(samples, channels)`, and their rate in Hz.

    Args:
        path: A file that libsndfile reads.

    Raises:
        UserError: If `read` raises one.
    """
    with opened(path) as file:
        found = file.samplerate
        if not RATES[0] <= found <= RATES[1]:
            raise UserError(
                f"{path} has a sampling rate of {found} Hz: "
                f"expected {RATES[0]:,} to {RATES[1]:,} Hz."
            )
        samples = _all_samples(path, file)
        if not len(samples):
            raise UserError(f"{path} holds no samples: {_why_empty(path)}.")
        if missing := cut_off(file, len(samples)):
            raise UserError(f"{path} is cut off: {missing}. Copy it again, or write it anew.")
        _check_numbers(path, samples)
        return samples, found


def mono(samples: np.ndarray, found: int, rate: int) -> np.ndarray:
    """Returns the mean of channels at another rate, of shape `(samples,)`.

    Args:
        samples: Samples of shape `(samples, channels)`.
        found: Their sampling rate in Hz.
        rate: Sampling rate in Hz of what is returned.
    """
    mean: np.ndarray = samples.mean(axis=1)
    return mean if found == rate else _resampled(mean, found, rate)


def _all_samples(path: Path, file: SoundFile) -> np.ndarray:
    """(samples, channels), in blocks where a header promises more than its file can hold."""
    numbers = file.frames * file.channels
    if numbers <= AT_ONCE or numbers <= path.stat().st_size:
        return file.read(dtype="float32", always_2d=True)
    size = AT_ONCE // file.channels
    blocks = [file.read(size, dtype="float32", always_2d=True)]
    while len(blocks[-1]) == size:
        blocks.append(file.read(size, dtype="float32", always_2d=True))
    return np.concatenate(blocks)


def _check_numbers(path: Path, samples: np.ndarray) -> None:
    peak = max(samples.max(initial=0), -samples.min(initial=0))
    if not np.isfinite(peak):
        raise UserError(f"{path} holds samples that are not numbers: expected finite values.")
    if peak > LOUDEST:
        raise UserError(
            f"{path} has a peak of {peak:.4g}: expected samples from -1 to 1, and at most "
            f"{LOUDEST}; divide 16-bit numbers by {FULL_SCALE}."
        )


def _why_empty(path: Path) -> str:
    wav = parse(path)
    if wav is None or not wav.size:
        return "expected sound"
    return (
        f"its header says {wav.promised} bytes of sound, and {wav.size} follow, as if "
        "the recorder was stopped before it wrote the size; write the file anew, as ffmpeg does"
    )


def _resampled(samples: np.ndarray, found: int, rate: int) -> np.ndarray:
    import soxr

    return soxr.resample(samples, found, rate, quality="HQ")


def read_windows(path: Path, rate: int, parts: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Returns parts of what `read` returns.

    Only those parts of the file are read if the file has the rate already and stores each sample
    separately. Otherwise it is decoded once. After a jump, an MP3 file decodes to something else.

    Args:
        path: A file that `read` reads.
        rate: Sampling rate in Hz of what is returned.
        parts: First sample, at that rate, and number of samples of each part.

    Returns:
        A float32 array of shape `(samples,)` for each part.

    Raises:
        UserError: If `read` raises one, or if the file ends before a part does.
    """
    with opened(path) as file:
        if _in_parts(path, file, rate):
            found = [_read_part(path, file, *part) for part in parts]
        else:
            whole = read(path, rate)
            found = [whole[start : start + samples] for start, samples in parts]
    for window, (start, samples) in zip(found, parts, strict=True):
        if len(window) < samples:
            raise ends_early(path, start + samples)
    return found


def in_parts(path: Path, rate: int) -> bool:
    """Returns whether `read_windows` reads parts of a file without all that comes before.

    Args:
        path: A file.
        rate: Sampling rate in Hz of what would be returned.

    Raises:
        UserError: If the file cannot be opened.
    """
    with opened(path) as file:
        return _in_parts(path, file, rate)


def _in_parts(path: Path, file: SoundFile, rate: int) -> bool:
    """A copy from a store or a converted file would be made again for each part."""
    itself = os.fsdecode(file.name) == str(path)
    return bool(itself and file.samplerate == rate and file.subtype.startswith(SAMPLE_BY_SAMPLE))


def _read_part(path: Path, file: SoundFile, start: int, samples: int) -> np.ndarray:
    file.seek(min(start, file.frames))
    found: np.ndarray = file.read(samples, dtype="float32", always_2d=True)
    _check_numbers(path, found)
    return found.mean(axis=1)


def sixteen_bit(path: Path, rate: int, samples: int) -> np.ndarray:
    """Returns the beginning of a sound file, rounded to 16 bits.

    At most 0.05 s that are missing at the end are filled up with silence.

    Args:
        path: A file that `read` reads.
        rate: Sampling rate in Hz of what is returned.
        samples: Number of samples.

    Returns:
        int16 array of shape `(samples,)`.

    Raises:
        UserError: If `read` raises one, or if the file is shorter.
    """
    found = read(path, rate)[:samples]
    missing = samples - len(found)
    if missing > MISSING * rate:
        raise UserError(
            f"{path} is too short, {len(found) / rate:.2f} s: expected {samples / rate:.3f} s."
        )
    whole = np.pad(found, (0, missing))
    return np.clip(np.round(whole * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
