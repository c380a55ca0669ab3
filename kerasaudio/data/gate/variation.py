"""Clips made different at random, so that a few of them stand for more."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, lfilter

COEFFICIENT = 0.375  # largest one of the random filters
GAIN_DB = 6.0  # largest gain of low, and of high frequencies, either way
DECAY_DB = 60.0  # mean of how much softer each becomes in a second
EDGES = (100.0, 4000.0)  # Hz between which low frequencies end


def varied(sound: np.ndarray, random: np.random.Generator, rate: int) -> np.ndarray:
    """Returns a sound of another colour that dies away faster.

    It goes through a random filter of second order. Then its low and its high frequencies get
    gains and decays of their own, as the skin and the wires of a snare have.

    Source: the filter is that of Valin, A hybrid DSP/deep learning approach to real-time full-band
    speech enhancement (2018), section 4.

    Args:
        sound: Samples of shape `(samples,)`.
        random: Draws all that is random.
        rate: Sampling rate in Hz.
    """
    above, below = (np.r_[1.0, random.uniform(-COEFFICIENT, COEFFICIENT, 2)] for _ in range(2))
    coloured = lfilter(above, below, sound)
    edge = np.exp(random.uniform(*np.log(EDGES)))
    low = lfilter(*butter(1, edge, fs=rate), coloured)
    seconds = np.arange(len(sound)) / rate
    gains = (
        random.uniform(-GAIN_DB, GAIN_DB) - random.exponential(DECAY_DB) * seconds for _ in range(2)
    )
    first, second = (10 ** (gain / 20) for gain in gains)
    return np.asarray(first * low + second * (coloured - low))
