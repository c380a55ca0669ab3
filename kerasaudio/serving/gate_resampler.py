"""Sound at one rate as hops at another, without looking ahead."""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import firwin

HALF = 16  # samples at the lower rate that the filter looks back for: its delay


class HopResampler:
    """Turns sound into hops at another rate. What it gives does not depend on the buffers' sizes.

    Args:
        rate: Sampling rate of the sound in Hz.
        wanted: Sampling rate of the hops in Hz.
        hop: Samples in a hop.
    """

    def __init__(self, rate: int, wanted: int, hop: int) -> None:
        common = math.gcd(rate, wanted)
        self.up, self.down, self.hop = wanted // common, rate // common, hop
        most = max(self.up, self.down)
        taps = firwin(2 * HALF * most + 1, 0.95 / most) * self.up if most > 1 else np.ones(1)
        self.taps = -(-len(taps) // self.up)
        self.filter = np.pad(taps, (0, self.taps * self.up - len(taps)))
        self.first = 0  # number of the next hop's first sample at the wanted rate
        self.past = np.zeros(self.taps - 1, np.float32)
        self.seen = 0  # samples of the sound before `past` ends

    @property
    def delay(self) -> float:
        """Samples of the sound by which the hops lag behind it."""
        return 0.0 if len(self.filter) == 1 else HALF * max(self.up, self.down) / self.up

    @property
    def needed(self) -> int:
        """Samples of the sound that the next hop still needs."""
        last = (self.first + self.hop - 1) * self.down // self.up
        return last + 1 - self.seen

    def next_hop(self, sound: np.ndarray) -> np.ndarray:
        """Returns the next hop, float32 of shape `(hop,)`.

        Args:
            sound: As many new samples as are `needed`.
        """
        known = np.concatenate([self.past, sound])
        start = self.seen - len(self.past)  # number of the first sample of `known`
        places = (self.first + np.arange(self.hop)) * self.down
        newest, phases = places // self.up - start, places % self.up
        back = np.arange(self.taps)
        weights = self.filter[phases[:, None] + back * self.up]
        found = (known[newest[:, None] - back] * weights).sum(axis=1)
        self.seen += len(sound)
        self.first += self.hop
        self.past = known[len(known) - (self.taps - 1) :]
        return found.astype(np.float32)
