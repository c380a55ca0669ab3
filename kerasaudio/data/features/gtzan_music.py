"""Tempo, pitch classes and tuning, as in GTZAN's table of features.

Source: McFee et al., librosa; Ellis 2007.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from kerasaudio.data.features.gtzan_filters import (
    CHROMA,
    FRAME,
    HOP,
    RATE,
    TINY,
    chroma_filters,
    frequencies,
    hann,
)

PITCHES = (150.0, 4000.0)  # Hz within which the tuning is estimated
LIKELY_TEMPO = 120.0  # beats a minute, with a spread of one octave
FASTEST_TEMPO = 320.0
TEMPO_FRAMES = 344  # 8 s


def tempo(decibels: np.ndarray) -> float:
    """Returns the tempo in beats a minute: the likeliest period of the onsets, or 0 without any.

    Args:
        decibels: Level of each mel band in dB, of shape `(frames, 128)`.
    """
    rises = np.maximum(decibels[1:] - decibels[:-1], 0)
    delay = 1 + FRAME // (2 * HOP)
    onsets = np.concatenate([np.zeros(delay), np.median(rises, axis=1)])[: len(decibels)]
    if not onsets.any():
        return 0.0
    padded = np.pad(onsets, TEMPO_FRAMES // 2, mode="linear_ramp")
    frames = np.lib.stride_tricks.sliding_window_view(padded, TEMPO_FRAMES)[: len(onsets)]
    spectrum = fft.rfft(
        frames * hann(TEMPO_FRAMES), fft.next_fast_len(2 * TEMPO_FRAMES - 1, real=True), axis=1
    )
    correlation = fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :TEMPO_FRAMES]
    largest = np.abs(correlation).max(1, keepdims=True)
    correlation = (correlation / np.where(largest < np.finfo(float).tiny, 1, largest)).mean(0)[1:]
    tempi = 60 * RATE / (HOP * np.arange(1, TEMPO_FRAMES))
    prior = np.where(tempi < FASTEST_TEMPO, -0.5 * np.log2(tempi / LIKELY_TEMPO) ** 2, -np.inf)
    return float(tempi[np.argmax(np.log1p(1e6 * correlation) + prior)])


def chroma(power: np.ndarray) -> np.ndarray:
    """Returns the strength of each pitch class; the largest one of every frame is 1.

    Args:
        power: Squared absolute values of the transform, of shape `(frames, 1025)`.

    Returns:
        Array of shape `(frames, 12)`.
    """
    strength = power @ chroma_filters(tuning(power)).T
    largest = strength.max(1, keepdims=True)
    return strength / np.where(largest < TINY, 1, largest)


def tuning(power: np.ndarray) -> float:
    """Returns how far the strongest pitches are from A = 440 Hz, in semitones.

    Args:
        power: Squared absolute values of the transform, of shape `(frames, 1025)`.

    Returns:
        A multiple of 0.01 in [-0.5, 0.5).
    """
    first = int(np.searchsorted(frequencies(), PITCHES[0]))
    last = int(np.searchsorted(frequencies(), PITCHES[1]))
    below, here, above = (power[:, first + step : last + step] for step in (-1, 0, 1))
    floor = 0.1 * power.max(1, keepdims=True)
    peaks = (
        (here > floor)
        & (here > np.where(below > floor, below, 0))
        & (here >= np.where(above > floor, above, 0))
    )
    if not peaks.any():
        return 0.0
    left, peak, right = below[peaks], here[peaks], above[peaks]
    slope, curve = (right - left) / 2, left + right - 2 * peak
    shift = np.divide(-slope, curve, out=np.zeros_like(slope), where=np.abs(slope) < np.abs(curve))
    height = peak + slope * shift / 2
    pitches = (np.nonzero(peaks)[1] + first + shift)[height >= np.median(height)] * (RATE / FRAME)
    residual = np.mod(CHROMA * np.log2(pitches / (440 / 16)), 1.0)
    residual[residual >= 0.5] -= 1
    counts, edges = np.histogram(residual, np.linspace(-0.5, 0.5, 101))
    return float(edges[np.argmax(counts)])
