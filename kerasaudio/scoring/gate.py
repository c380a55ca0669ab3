"""When a gate opens, and what that costs: the defaults of its threshold, hysteresis and hold.

They are those with the fewest false openings among those that lose at most a given share of the
target on the validation mixtures. Each ten seconds that a gate is falsely open count as one opening
more: otherwise one that never closes would be the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from kerasaudio.scoring.gate_events import free_frames

THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
HYSTERESES = (0.0, 0.5, 0.75, 0.9, 0.95)  # shares of the threshold by which it closes lower
OPEN = 10.0  # seconds falsely open that count as one opening
HOLDS = (0.0, 50.0, 100.0, 200.0, 300.0, 500.0)  # ms


@dataclass(frozen=True)
class Openings:
    """What a gate did on some mixtures.

    Args:
        threshold: Probability from which on it opens.
        hysteresis: How far below the threshold it closes.
        hold: Milliseconds that it stays open.
        lost: Share of the target's frames in which it was closed.
        falsely_open: Share of the frames without a target in which it was open.
        false_a_minute: Openings without a target, by the minutes without one.
    """

    threshold: float
    hysteresis: float
    hold: float
    lost: float
    falsely_open: float
    false_a_minute: float


def decisions(
    probabilities: np.ndarray, threshold: float, hysteresis: float, hold: int
) -> np.ndarray:
    """Returns whether a gate is open after each frame, of shape `(examples, frames)`.

    Args:
        probabilities: Probabilities of shape `(examples, frames)`.
        threshold: Probability from which on it opens.
        hysteresis: How far below the threshold it closes.
        hold: Frames that it stays open.
    """
    is_open, held = np.zeros(len(probabilities), bool), np.zeros(len(probabilities), int)
    found = np.empty(probabilities.shape, bool)
    for frame, each in enumerate(probabilities.T):
        above, below = each >= threshold, each < threshold - hysteresis
        is_open = above | (is_open & (~below | (held > 0)))
        held = np.where(above, hold, np.where(below, held - 1, held))
        found[:, frame] = is_open
    return found


def openings(y_true: np.ndarray, opened: np.ndarray, seconds: float) -> tuple[float, ...]:
    """Returns three figures: see the fields of `Openings` from `lost` on.

    Args:
        y_true: 0 and 1, of shape `(examples, frames)`.
        opened: Whether the gate was open, of the same shape.
        seconds: Length of a frame.
    """
    sums = {
        name: float(each.sum()) for name, each in free_frames(y_true > 0, opened, seconds).items()
    }
    minutes = max(sums["free_minutes"], 1e-9)
    lost, falsely = sums["lost"] / max(sums["target"], 1), sums["falsely"] / max(sums["free"], 1)
    return lost, falsely, sums["false"] / minutes


def tuned(
    y_true: np.ndarray,
    probabilities: np.ndarray,
    seconds: float,
    most_lost: float,
    thresholds: Sequence[float] = THRESHOLDS,
    hystereses: Sequence[float] = HYSTERESES,
) -> Openings:
    """Returns the openings with the settings that the module's first lines say.

    Where all lose more than that, it is the one that loses least.

    Args:
        y_true: 0 and 1, of shape `(examples, frames)`.
        probabilities: Probabilities, of the same shape.
        seconds: Length of a frame.
        most_lost: Largest share of the target's frames that may be lost.
        thresholds: Thresholds to choose from.
        hystereses: Hystereses to choose from, as shares of the threshold.
    """
    found = []
    for threshold, share, hold in product(thresholds, hystereses, HOLDS):
        hysteresis = share * threshold
        opened = decisions(probabilities, threshold, hysteresis, round(hold / 1000 / seconds))
        found.append(Openings(threshold, hysteresis, hold, *openings(y_true, opened, seconds)))
    allowed = [each for each in found if each.lost <= most_lost]
    if not allowed:
        return min(found, key=lambda each: each.lost)
    return min(
        allowed, key=lambda each: (each.false_a_minute + 60 / OPEN * each.falsely_open, each.lost)
    )
