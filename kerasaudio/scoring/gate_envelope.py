"""From probabilities to a gain: threshold, hysteresis, attack, hold and release."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class GateSettings:
    """When a gate opens, and how fast.

    Args:
        threshold: Probability from which on it opens.
        hysteresis: How far below the threshold the probability has to fall before it closes.
        attack: Milliseconds from closed to open.
        hold: Milliseconds that it stays open after the probability has fallen.
        release: Milliseconds from open to closed.
        range: Gain of the closed gate in dB, 0 or less.

    Raises:
        UserError: If a value is out of range.
    """

    threshold: float = 0.5
    hysteresis: float = 0.1
    attack: float = 1.0
    hold: float = 50.0
    release: float = 50.0
    range: float = -60.0

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or not 0 <= self.hysteresis < self.threshold:
            raise UserError(
                f"The threshold is {self.threshold:g} and the hysteresis {self.hysteresis:g}: "
                "expected a threshold between 0 and 1, and a hysteresis from 0 to below it."
            )
        times = (self.attack, self.hold, self.release)
        if not all(0 <= each < math.inf for each in times) or not self.range <= 0:
            raise UserError(
                f"Attack, hold and release are {self.attack:g}, {self.hold:g} and "
                f"{self.release:g} ms and the range is {self.range:g} dB: expected times from 0 up "
                "and a range of 0 or less."
            )

    def changed(self, changes: dict[str, float]) -> GateSettings:
        """Returns the settings with other values.

        Args:
            changes: The values by name. Where there is a threshold and no hysteresis, that keeps
                its share of the threshold.

        Raises:
            UserError: If a value is out of range.
        """
        follows = {}
        if "threshold" in changes:
            follows["hysteresis"] = self.hysteresis / self.threshold * changes["threshold"]
        return replace(self, **{**follows, **changes})


class Envelope:
    """The gain of a gate, sample by sample.

    Args:
        settings: The settings.
        rate: Sampling rate of the sound in Hz.
        hop: Seconds between two decisions.
    """

    def __init__(self, settings: GateSettings, rate: int, hop: float) -> None:
        self.settings, self.is_open, self.held, self.openness = settings, False, 0, 0.0
        self.hold = round(settings.hold / 1000 / hop)
        self.up, self.down = slopes(settings, rate)

    def decide(self, probability: float) -> None:
        """Opens or closes the gate by the probability of a frame."""
        settings = self.settings
        if probability >= settings.threshold:
            self.is_open, self.held = True, self.hold
        elif self.is_open and probability < settings.threshold - settings.hysteresis:
            self.is_open, self.held = self.held > 0, self.held - 1

    def gains(self, samples: int) -> np.ndarray:
        """Returns the gains of the next samples as factors, float64 of shape `(samples,)`."""
        slope = self.up if self.is_open else self.down
        path = np.clip(self.openness + slope * np.arange(1, samples + 1), 0, 1)
        self.openness = float(path[-1]) if samples else self.openness
        found: np.ndarray = 10 ** (self.settings.range * (1 - path) / 20)
        return found


def ramped(opened: np.ndarray, settings: GateSettings, hop: int, rate: int) -> np.ndarray:
    """Returns the gains of gates whose decisions are known, as `Envelope` does one by one.

    Args:
        opened: Whether each gate is open during each frame, of shape `(examples, frames)`.
        settings: Their attack, release and range.
        hop: Samples in a frame.
        rate: Sampling rate of the sound in Hz.

    Returns:
        float32 factors of shape `(examples, frames * hop)`.
    """
    up, down = slopes(settings, rate)
    path = np.empty((*opened.shape, hop), np.float32)
    before, steps = np.zeros(len(opened), np.float32), np.arange(1, hop + 1)
    for frame, each in enumerate(opened.T):
        slope = np.where(each, up, down)
        path[:, frame] = np.clip(before[:, None] + slope[:, None] * steps, 0, 1)
        before = path[:, frame, -1]
    scale = np.float32(math.log(10) / 20 * settings.range)
    return np.exp(scale * (1 - path)).reshape(len(opened), -1)


def slopes(settings: GateSettings, rate: int) -> tuple[float, float]:
    """Returns by how much a gate opens, and closes, from a sample to the next."""
    attack, release = (max(1.0, ms * rate / 1000) for ms in (settings.attack, settings.release))
    return 1 / attack, -1 / release
