"""What a gate does to the sound: how much closer it is to the clean target, and what leaks."""

from __future__ import annotations

import numpy as np

SMALLEST = 1e-12  # power


def applied(opened: np.ndarray, late: int) -> np.ndarray:
    """Returns whether a gate is open during each frame, closed at the beginning.

    Args:
        opened: Whether it is open after each frame, of shape `(examples, frames)`.
        late: Frames by which a decision comes after the frame that it is applied to; it is
            negative where the sound waits for the decision.
    """
    places = np.arange(opened.shape[1]) - late
    return (places >= 0) & opened[:, np.clip(places, 0, opened.shape[1] - 1)]


def si_sdr(sound: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Returns the scale-invariant ratios of signal to distortion in dB, of shape `(...)`.

    Source: Le Roux et al., SDR - half-baked or well done? (2019).

    Args:
        sound: Samples of shape `(..., samples)`.
        target: The clean targets, of the same shape.
    """
    along = _product(sound, target) / np.maximum(_product(target, target), SMALLEST)
    scaled = target * along[..., None]
    rest = sound - scaled
    signal, noise = (np.maximum(_product(each, each), SMALLEST) for each in (scaled, rest))
    return np.asarray(10 * np.log10(signal / noise))


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i->...", one, other, dtype=np.float64)


def levels(sound: np.ndarray, frames: int) -> np.ndarray:
    """Returns the level of each frame, from 0 for -100 dB of full scale to 1 for 0 dB.

    Args:
        sound: Samples of shape `(samples,)`.
        frames: Number of frames.
    """
    power = np.square(sound, dtype=np.float64).reshape(frames, -1).mean(axis=1)
    return np.clip(1 + np.log10(np.maximum(power, SMALLEST)) / 10, 0, 1)
