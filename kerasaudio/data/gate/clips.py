"""Clips of a target or of backgrounds: where the target sounds in them, and at which level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

SMOOTHED = 0.002  # seconds over which the power of a target is averaged
KEPT = 0.02  # seconds of a target's clip that are kept before it sounds and after that
QUIET = 1e-4  # amplitude below which a clip is silent


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip at a level of its own.

    Args:
        name: Its file.
        sound: float32 samples of shape `(samples,)`. Their root mean square is 1: of a target's
            where it sounds, of a background's in all.
        active: Whether the target sounds, a boolean a sample; all false in a background.
    """

    name: str
    sound: np.ndarray
    active: np.ndarray


def target_clip(
    name: str, sound: np.ndarray, rate: int, open_db: float, bridge: float
) -> Clip | None:
    """Returns a target's clip without what lies before and after it; `None` if it is silent.

    Args:
        name: Its file.
        sound: Its samples.
        rate: Sampling rate in Hz.
        open_db: The target sounds while its envelope is above this level, in dB below its peak.
        bridge: Length in seconds of gaps that count as sounding, too.
    """
    power = smoothed_power(sound, rate)
    if not power.max(initial=0) > QUIET**2:
        return None
    active = sounding_in(power, rate, open_db, bridge)
    sounding, kept = np.flatnonzero(active), round(KEPT * rate)
    part = slice(max(0, sounding[0] - kept), sounding[-1] + 1 + kept)
    level = np.sqrt(power[active].mean())
    return Clip(name, _faded(sound[part] / level, kept // 4), active[part])


def smoothed_power(sound: np.ndarray, rate: int) -> np.ndarray:
    """Returns the mean power around each sample."""
    return uniform_filter1d(np.square(sound, dtype=np.float64), max(1, round(SMOOTHED * rate)))


def sounding_in(power: np.ndarray, rate: int, open_db: float, bridge: float) -> np.ndarray:
    """Returns whether a target sounds where it has some power; see `target_clip`."""
    return bridged(power >= power.max() * 10 ** (open_db / 10), round(bridge * rate))


def background_clip(name: str, sound: np.ndarray) -> Clip | None:
    """Returns a background's clip; `None` if it is silent."""
    level = np.sqrt(np.square(sound, dtype=np.float64).mean()) if len(sound) else 0
    if not level > QUIET:
        return None
    return Clip(name, (sound / level).astype(np.float32), np.zeros(len(sound), bool))


def bridged(active: np.ndarray, gap: int) -> np.ndarray:
    """Returns the same booleans with gaps of fewer than `gap` samples filled."""
    sounding = np.flatnonzero(active)
    filled = active.copy()
    for place in np.flatnonzero((np.diff(sounding) > 1) & (np.diff(sounding) <= gap)):
        filled[sounding[place] : sounding[place + 1]] = True
    return filled


def _faded(sound: np.ndarray, samples: int) -> np.ndarray:
    """Without clicks where a clip was cut out of its surroundings."""
    found = sound.astype(np.float32)
    samples = min(samples, len(found) // 2)
    if samples:
        ramp = np.linspace(0, 1, samples, dtype=np.float32)
        found[:samples] *= ramp
        found[-samples:] *= ramp[::-1]
    return found
