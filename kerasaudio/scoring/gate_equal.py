"""False openings of gates that lose the same share of the target, by moving their thresholds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasaudio.scoring.gate import decisions
from kerasaudio.scoring.gate_events import Figure, free_frames, with_intervals

SHARES = (0.05, 0.1, 0.2)  # of the target's frames, which are lost


def at_equal_lost(
    y_true: np.ndarray,
    answers: np.ndarray,
    settings: Iterable[tuple[float, float]],
    hold: int,
    seconds: float,
) -> dict[str, dict[str, Any]]:
    """Returns false openings a minute and the time falsely open, with intervals, by share lost.

    Between two thresholds the figures are interpolated. They are `None` where no threshold loses
    so little, or so much.

    Args:
        y_true: 0 and 1, of shape `(mixtures, frames)`.
        answers: Probabilities or levels, of the same shape.
        settings: Thresholds from low to high, each with its hysteresis.
        hold: Frames that the gate stays open.
        seconds: Length of a frame.
    """
    target = y_true > 0
    each = [
        free_frames(target, decisions(answers, threshold, hysteresis, hold), seconds)
        for threshold, hysteresis in settings
    ]
    sums = {name: np.stack([one[name] for one in each], axis=1) for name in each[0]}
    figures = {
        f"{name} {share:g}": _at(sums, share, *of)
        for share in SHARES
        for name, of in {
            "false_openings_a_minute": ("false", "free_minutes"),
            "falsely_open": ("falsely", "free"),
        }.items()
    }
    found: dict[str, dict[str, Any]] = {f"{share:g}": {} for share in SHARES}
    for key, value in with_intervals(figures, len(target)).items():
        name, _, share = key.partition(" ")
        found[share][name] = value
    return found


def _at(sums: dict[str, np.ndarray], share: float, upper: str, lower: str) -> Figure:
    """A ratio of sums at the threshold that loses a share of the target, as a figure."""

    def value(drawn: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            lost = drawn @ sums["lost"] / (drawn @ sums["target"])
            ratio = drawn @ sums[upper] / (drawn @ sums[lower])
        lost = np.maximum.accumulate(lost, axis=1)
        pairs = zip(lost, ratio, strict=True)
        return np.array([np.interp(share, *pair, left=np.nan, right=np.nan) for pair in pairs])

    return value
