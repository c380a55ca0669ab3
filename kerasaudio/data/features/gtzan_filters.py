"""Windows and filters of the 57 features of GTZAN's table."""

from __future__ import annotations

from functools import cache

import numpy as np

RATE = 22_050  # Hz
FRAME = 2048  # samples of a window
HOP = 512  # samples from one window to the next

MEL_BANDS = 128
CHROMA = 12  # pitch classes
TINY = np.finfo(np.float32).tiny
CENTRE_OCTAVE, OCTAVE_WIDTH = 5.0, 2.0  # of the weight of octaves in a chroma


@cache
def mel_filters() -> np.ndarray:
    """Returns mel filters of shape `(1025, 128)`: triangles of equal area.

    They are evenly spaced up to 1 kHz and by equal ratios above.

    Source: Slaney 1998, as in librosa.
    """
    step, ratio = 200 / 3, np.log(6.4) / 27
    top = 15 + np.log(RATE / 2 / 1000) / ratio
    mels = np.linspace(0, top, MEL_BANDS + 2)
    corners = np.where(mels < 15, step * mels, 1000 * np.exp(ratio * (mels - 15)))
    width = np.diff(corners)
    distance = corners - frequencies().astype(float)[:, None]
    rising, falling = -distance[:, :-2] / width[:-1], distance[:, 2:] / width[1:]
    weights = np.maximum(0, np.minimum(rising, falling)) * (2 / (corners[2:] - corners[:-2]))
    return weights.astype(np.float32)


@cache
def chroma_filters(tuning: float) -> np.ndarray:
    """Returns how much each frequency bin counts for each pitch class from C.

    Args:
        tuning: How many semitones the pitches are off.

    Returns:
        float32 array of shape `(12, 1025)`.

    Source: Ellis 2007, as in librosa.
    """
    bins = np.arange(1, FRAME) * (RATE / FRAME)
    semitones = CHROMA * np.log2(bins / (440 / 16 * 2 ** (tuning / CHROMA)))
    semitones = np.concatenate([[semitones[0] - 1.5 * CHROMA], semitones])[: FRAME // 2 + 2]
    width = np.maximum(np.diff(semitones), 1)
    semitones = semitones[:-1]
    distance = np.mod(semitones - np.arange(CHROMA)[:, None] + CHROMA / 2, CHROMA) - CHROMA / 2
    bumps = np.exp(-0.5 * (2 * distance / width) ** 2)
    bumps /= np.sqrt((bumps**2).sum(0))
    octaves = np.exp(-0.5 * ((semitones / CHROMA - CENTRE_OCTAVE) / OCTAVE_WIDTH) ** 2)
    return np.roll(bumps * octaves, -3, axis=0).astype(np.float32)


@cache
def frequencies() -> np.ndarray:
    """Returns the bins' frequencies in Hz, of shape `(1025,)`."""
    return np.arange(FRAME // 2 + 1, dtype=np.float32) * np.float32(RATE / FRAME)


@cache
def window() -> np.ndarray:
    """Returns the Hann window of a frame, of shape `(2048,)`."""
    return hann(FRAME).astype(np.float32)


def hann(length: int) -> np.ndarray:
    """Returns a periodic Hann window of some length."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
