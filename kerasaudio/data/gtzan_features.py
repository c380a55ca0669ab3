"""The 57 numbers of GTZAN's published feature table, computed from sound.

The table was made with librosa, whose transforms mirrored the signal at its ends then. Here one short-time transform
serves all features, and nothing has to be compiled first; tests compare each step with librosa.
Source: McFee et al., librosa; FitzGerald 2010 for harmonic and percussive parts; Ellis 2007 for chroma and tempo.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import fft

from kerasaudio.data.running_median import running_median

FEATURES = (
    *(
        f"{feature}_{statistic}"
        for feature in ("chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff")
        + ("zero_crossing_rate", "harmony", "perceptr")
        for statistic in ("mean", "var")
    ),
    "tempo",
    *(f"mfcc{number}_{statistic}" for number in range(1, 21) for statistic in ("mean", "var")),
)

RATE = 22_050  # Hz
FRAME = 2048  # samples of a window
HOP = 512  # samples from one window to the next
SHORTEST = FRAME  # samples that a clip must have

MEL_BANDS = 128
MFCCS = 20
DYNAMIC_RANGE = 80  # dB below the loudest band that are kept
ROLLOFF_SHARE = 0.85
PITCHES = (150.0, 4000.0)  # Hz within which the tuning is estimated
CHROMA = 12
CENTRE_OCTAVE, OCTAVE_WIDTH = 5.0, 2.0  # of the weight of octaves in a chroma
LIKELY_TEMPO = 120.0  # beats a minute, with a spread of one octave
FASTEST_TEMPO = 320.0
TEMPO_FRAMES = 344  # 8 s
TINY = np.finfo(np.float32).tiny


def features(samples: np.ndarray) -> np.ndarray:
    """(samples,) float32 in [-1, 1] at 22,050 Hz, at least 2,048 -> (57,) float64 in the order of FEATURES."""
    spectrum = short_time_transform(samples)
    magnitude = np.abs(spectrum)
    power = magnitude**2
    decibels = mel_decibels(power)
    centroid, bandwidth = centroid_and_bandwidth(magnitude)
    series = [
        chroma(power),
        rms(samples),
        centroid,
        bandwidth,
        rolloff(magnitude),
        zero_crossing_rate(samples),
    ]
    series += harmonic_and_percussive(samples, spectrum, magnitude)
    cepstrum = fft.dct(decibels, axis=1, norm="ortho")[:, :MFCCS]
    return np.array([*_statistics(series), tempo(decibels), *_statistics(list(cepstrum.T))])


def _statistics(series: list[np.ndarray]) -> list[float]:
    """Mean and variance of each."""
    return [
        float(value) for each in series for value in (each.mean(dtype=float), each.var(dtype=float))
    ]


def short_time_transform(samples: np.ndarray) -> np.ndarray:
    """(samples,) -> (frames, 1025) complex64 under a Hann window; the signal is mirrored at its ends."""
    padded = np.pad(samples, FRAME // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    return fft.rfft(frames * _window(), axis=1)


def harmonic_and_percussive(
    samples: np.ndarray, spectrum: np.ndarray, magnitude: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(samples,) twice: the sound that stays, by median filters over 31 frames and 31 bins, and the sound that strikes.

    The published table was made by an inverse that ends with the last whole hop; the samples after it are 0 here, too.
    """
    stays = running_median(magnitude) ** 2
    strikes = running_median(np.ascontiguousarray(magnitude.T)).T ** 2
    both = stays + strikes
    share = np.divide(stays, both, out=np.full_like(both, 0.5), where=both > 0)
    harmonic = _inverse_transform(spectrum * share, len(samples))
    percussive = samples - harmonic
    for part in (harmonic, percussive):
        part[len(samples) // HOP * HOP :] = 0
    return harmonic, percussive


def _inverse_transform(spectrum: np.ndarray, samples: int) -> np.ndarray:
    """(frames, 1025) -> (samples,), the least-squares inverse of `short_time_transform`."""
    window = _window()
    sound = _overlap_added(fft.irfft(spectrum, axis=1) * window)
    weight = _overlap_added(np.broadcast_to(window**2, (len(spectrum), FRAME)))
    middle = slice(FRAME // 2, FRAME // 2 + samples)
    sound, weight = sound[middle], weight[middle]
    return np.divide(sound, weight, out=sound, where=weight > TINY)


def _overlap_added(frames: np.ndarray) -> np.ndarray:
    """(frames, 2048) -> (samples,): the sum of frames that begin a hop after each other."""
    parts = FRAME // HOP
    total = np.zeros((len(frames) + parts - 1, HOP), np.float32)
    for part in range(parts):
        total[part : part + len(frames)] += frames[:, part * HOP : (part + 1) * HOP]
    return total.ravel()


def rms(samples: np.ndarray) -> np.ndarray:
    """(samples,) -> (frames,): root of the mean square."""
    padded = np.pad(samples, FRAME // 2, mode="reflect")
    return np.sqrt(_frame_sums(padded.astype(float) ** 2) / FRAME)


def zero_crossing_rate(samples: np.ndarray) -> np.ndarray:
    """(samples,) -> (frames,): the share of samples with another sign than the one before, each frame by itself."""
    padded = np.pad(samples, FRAME // 2, mode="edge")
    negative = padded < -1e-10
    crossings = np.concatenate([[False], negative[1:] != negative[:-1]])
    sums = _frame_sums(crossings)
    return (sums - crossings[: len(sums) * HOP : HOP]) / FRAME


def _frame_sums(padded: np.ndarray) -> np.ndarray:
    """Sums over frames of 2,048, a hop after each other."""
    hops = padded[: len(padded) // HOP * HOP].reshape(-1, HOP).sum(1)
    return np.lib.stride_tricks.sliding_window_view(hops, FRAME // HOP).sum(1)


def centroid_and_bandwidth(magnitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(frames, 1025) -> (frames,) in Hz, twice: the spectrum's mean frequency and the spread about it."""
    total = magnitude.sum(1)
    total = np.where(total < TINY, 1, total)
    centroid = magnitude @ _frequencies() / total
    deviation = _frequencies() - centroid[:, None]
    return centroid, np.sqrt(np.einsum("ij,ij,ij->i", magnitude, deviation, deviation) / total)


def rolloff(magnitude: np.ndarray) -> np.ndarray:
    """(frames, 1025) -> (frames,) in Hz: 85 % of the magnitude lies at or below."""
    below = np.cumsum(magnitude, axis=1)
    bins = (below < np.float32(ROLLOFF_SHARE) * below[:, -1:]).sum(1)
    return bins * (RATE / FRAME)


def mel_decibels(power: np.ndarray) -> np.ndarray:
    """(frames, 1025) -> (frames, 128) in dB, at most 80 dB below the largest."""
    decibels = 10 * np.log10(np.maximum(power @ mel_filters(), 1e-10))
    return np.maximum(decibels, decibels.max() - DYNAMIC_RANGE)


def tempo(decibels: np.ndarray) -> float:
    """(frames, 128) in dB -> beats a minute: the likeliest period of the onsets; 0 where there are none."""
    rises = np.maximum(decibels[1:] - decibels[:-1], 0)
    delay = 1 + FRAME // (2 * HOP)
    onsets = np.concatenate([np.zeros(delay), np.median(rises, axis=1)])[: len(decibels)]
    if not onsets.any():
        return 0.0
    padded = np.pad(onsets, TEMPO_FRAMES // 2, mode="linear_ramp")
    frames = np.lib.stride_tricks.sliding_window_view(padded, TEMPO_FRAMES)[: len(onsets)]
    spectrum = fft.rfft(
        frames * _hann(TEMPO_FRAMES), fft.next_fast_len(2 * TEMPO_FRAMES - 1, real=True), axis=1
    )
    correlation = fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :TEMPO_FRAMES]
    largest = np.abs(correlation).max(1, keepdims=True)
    correlation = (correlation / np.where(largest < np.finfo(float).tiny, 1, largest)).mean(0)[1:]
    tempi = 60 * RATE / (HOP * np.arange(1, TEMPO_FRAMES))
    prior = np.where(tempi < FASTEST_TEMPO, -0.5 * np.log2(tempi / LIKELY_TEMPO) ** 2, -np.inf)
    return float(tempi[np.argmax(np.log1p(1e6 * correlation) + prior)])


def chroma(power: np.ndarray) -> np.ndarray:
    """(frames, 1025) -> (frames, 12), the largest of every frame 1."""
    strength = power @ chroma_filters(tuning(power)).T
    largest = strength.max(1, keepdims=True)
    return strength / np.where(largest < TINY, 1, largest)


def tuning(power: np.ndarray) -> float:
    """(frames, 1025) -> where the strongest pitches lie, in semitones from A = 440 Hz: a hundredth of [-0.5, 0.5)."""
    first = int(np.searchsorted(_frequencies(), PITCHES[0]))
    last = int(np.searchsorted(_frequencies(), PITCHES[1]))
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


@cache
def mel_filters() -> np.ndarray:
    """(1025, 128): triangles of equal area, evenly spaced up to 1 kHz and by equal ratios above (Slaney 1998)."""
    step, ratio = 200 / 3, np.log(6.4) / 27
    top = 15 + np.log(RATE / 2 / 1000) / ratio
    mels = np.linspace(0, top, MEL_BANDS + 2)
    corners = np.where(mels < 15, step * mels, 1000 * np.exp(ratio * (mels - 15)))
    width = np.diff(corners)
    distance = corners - _frequencies().astype(float)[:, None]
    rising, falling = -distance[:, :-2] / width[:-1], distance[:, 2:] / width[1:]
    weights = np.maximum(0, np.minimum(rising, falling)) * (2 / (corners[2:] - corners[:-2]))
    return weights.astype(np.float32)


@cache
def chroma_filters(tuning: float) -> np.ndarray:
    """(12, 1025): how much each bin counts for each pitch class from C, for pitches `tuning` semitones off."""
    frequencies = np.arange(1, FRAME) * (RATE / FRAME)
    semitones = CHROMA * np.log2(frequencies / (440 / 16 * 2 ** (tuning / CHROMA)))
    semitones = np.concatenate([[semitones[0] - 1.5 * CHROMA], semitones])[: FRAME // 2 + 2]
    width = np.maximum(np.diff(semitones), 1)
    semitones = semitones[:-1]
    distance = np.mod(semitones - np.arange(CHROMA)[:, None] + CHROMA / 2, CHROMA) - CHROMA / 2
    bumps = np.exp(-0.5 * (2 * distance / width) ** 2)
    bumps /= np.sqrt((bumps**2).sum(0))
    octaves = np.exp(-0.5 * ((semitones / CHROMA - CENTRE_OCTAVE) / OCTAVE_WIDTH) ** 2)
    return np.roll(bumps * octaves, -3, axis=0).astype(np.float32)


@cache
def _frequencies() -> np.ndarray:
    """(1025,) in Hz."""
    return np.arange(FRAME // 2 + 1, dtype=np.float32) * np.float32(RATE / FRAME)


@cache
def _window() -> np.ndarray:
    return _hann(FRAME).astype(np.float32)


def _hann(length: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
