"""The 57 numbers of GTZAN's published feature table, computed from sound.

The table was made with librosa, whose transforms mirrored the signal at its ends then. The quirks
of that version are repeated, so that the numbers equal the published ones: the harmonic and the
percussive part are silent after the last whole hop. One short-time transform serves all features,
and nothing has to be compiled first, because neither librosa nor numba runs; tests compare each
step with librosa.

Source: McFee et al., librosa; FitzGerald 2010 for harmonic and percussive parts; Ellis 2007 for
chroma and tempo.
"""

from __future__ import annotations

import numpy as np
from scipy import fft
from threadpoolctl import threadpool_limits

from kerasaudio.data.features.gtzan_filters import (
    FRAME,
    HOP,
    RATE,
    TINY,
    frequencies,
    mel_filters,
    window,
)
from kerasaudio.data.features.gtzan_music import chroma, tempo
from kerasaudio.data.features.running_median import running_median

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

SHORTEST = FRAME  # samples that a clip must have

MFCCS = 20
DYNAMIC_RANGE = 80  # dB below the loudest band that are kept
ROLLOFF_SHARE = 0.85


@threadpool_limits.wrap(limits=1)  # with more, sums are put together in another order
def features(samples: np.ndarray) -> np.ndarray:
    """Returns the 57 features of a recording.

    Args:
        samples: float32 array of shape `(samples,)` in [-1, 1], at 22,050 Hz; at least 2,048.

    Returns:
        float64 array of shape `(57,)`, in the order of `FEATURES`.
    """
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
    """Mean and variance of each series."""
    return [
        float(value) for each in series for value in (each.mean(dtype=float), each.var(dtype=float))
    ]


def short_time_transform(samples: np.ndarray) -> np.ndarray:
    """Returns the short-time Fourier transform under a Hann window.

    The signal is mirrored at its ends.

    Args:
        samples: The sound, of shape `(samples,)`.

    Returns:
        complex64 array of shape `(frames, 1025)`.
    """
    padded = np.pad(samples, FRAME // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    return fft.rfft(frames * window(), axis=1)


def harmonic_and_percussive(
    samples: np.ndarray, spectrum: np.ndarray, magnitude: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the part of a sound that stays and the part that strikes.

    Median filters over 31 frames and 31 bins tell them apart. The published table was made by an
    inverse that ends with the last whole hop; the samples after it are 0 here, too.

    Args:
        samples: The sound, of shape `(samples,)`.
        spectrum: Its short-time transform, of shape `(frames, 1025)`.
        magnitude: The transform's absolute values.

    Returns:
        The harmonic and the percussive part, both of shape `(samples,)`.
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
    weights = window()
    sound = _overlap_added(fft.irfft(spectrum, axis=1) * weights)
    weight = _overlap_added(np.broadcast_to(weights**2, (len(spectrum), FRAME)))
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
    """Returns the root of the mean square of each frame: `(samples,)` -> `(frames,)`."""
    padded = np.pad(samples, FRAME // 2, mode="reflect")
    return np.sqrt(_frame_sums(padded.astype(float) ** 2) / FRAME)


def zero_crossing_rate(samples: np.ndarray) -> np.ndarray:
    """Returns the share of samples in each frame with another sign than the sample before.

    Args:
        samples: The sound, of shape `(samples,)`.

    Returns:
        Array of shape `(frames,)`.
    """
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
    """Returns the mean frequency of each frame's spectrum and the spread about it, in Hz.

    Args:
        magnitude: Absolute values of the transform, of shape `(frames, 1025)`.

    Returns:
        Two arrays of shape `(frames,)`.
    """
    total = magnitude.sum(1)
    total = np.where(total < TINY, 1, total)
    centroid = magnitude @ frequencies() / total
    deviation = frequencies() - centroid[:, None]
    return centroid, np.sqrt(np.einsum("ij,ij,ij->i", magnitude, deviation, deviation) / total)


def rolloff(magnitude: np.ndarray) -> np.ndarray:
    """Returns the frequency in Hz at or below which 85 % of each frame's magnitude lies.

    Args:
        magnitude: Absolute values of the transform, of shape `(frames, 1025)`.

    Returns:
        Array of shape `(frames,)`.
    """
    below = np.cumsum(magnitude, axis=1)
    bins = (below < np.float32(ROLLOFF_SHARE) * below[:, -1:]).sum(1)
    return bins * (RATE / FRAME)


def mel_decibels(power: np.ndarray) -> np.ndarray:
    """Returns the level of each mel band in dB, at most 80 dB below the largest.

    Args:
        power: Squared absolute values of the transform, of shape `(frames, 1025)`.

    Returns:
        Array of shape `(frames, 128)`.
    """
    decibels = 10 * np.log10(np.maximum(power @ mel_filters(), 1e-10))
    return np.maximum(decibels, decibels.max() - DYNAMIC_RANGE)
