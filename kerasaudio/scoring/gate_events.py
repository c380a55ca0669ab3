"""What a gate does at each target: how late it opens and closes, and what it loses.

Times are counted from the frame in which a target begins or ends to the end of the frame that opens
or closes the gate. A gate that looks ahead delays the sound by as much, which is not in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasaudio.scoring.intervals import percentile, resampled

Figure = Callable[[np.ndarray], np.ndarray]  # from how often each mixture was drawn to a value


@dataclass(frozen=True, eq=False)
class Events:
    """What a gate did in some mixtures.

    Args:
        sums: Numbers of each mixture that add up, by name, of shape `(mixtures,)`.
        times: Milliseconds of each event and the number of its mixture, by the name of the events.
    """

    sums: Mapping[str, np.ndarray]
    times: Mapping[str, tuple[np.ndarray, np.ndarray]]

    def total(self, name: str) -> Figure:
        """Returns a sum over mixtures as a figure."""
        return lambda drawn: drawn @ self.sums[name]

    def ratio(self, upper: str, lower: str, scale: float = 1.0) -> Figure:
        """Returns one sum over another one as a figure; it is not a number for 0 over 0."""

        def value(drawn: np.ndarray) -> np.ndarray:
            with np.errstate(invalid="ignore", divide="ignore"):
                found: np.ndarray = scale * (drawn @ self.sums[upper]) / (drawn @ self.sums[lower])
            return np.where(np.isfinite(found), found, np.nan)

        return value

    def quantile(self, name: str, share: float) -> Figure:
        """Returns the time below which a share of the events is as a figure."""
        order = np.argsort(self.times[name][0])
        times, owners = (each[order] for each in self.times[name])

        def value(drawn: np.ndarray) -> np.ndarray:
            if not len(times):
                return np.full(len(drawn), np.nan)
            weights = drawn[:, owners].cumsum(axis=-1)
            place = (weights < share * weights[:, -1:]).sum(axis=-1)
            return np.where(weights[:, -1] > 0, times[place], np.nan)

        return value


def events_of(y_true: np.ndarray, opened: np.ndarray, seconds: float) -> Events:
    """Returns what gates did at each target and between targets.

    Args:
        y_true: 0 and 1, of shape `(mixtures, frames)`.
        opened: Whether the gate was open, of the same shape.
        seconds: Length of a frame.
    """
    target = y_true > 0
    times: dict[str, list[tuple[int, int]]] = {"onset": [], "closing": [], "front_lost": []}
    counts = np.zeros((3, len(target)), int)
    for row, (truth, gate) in enumerate(zip(target, opened, strict=True)):
        spans = np.flatnonzero(np.diff(np.r_[False, truth, False].astype(int))).reshape(-1, 2)
        following = np.append(spans[:, 0], len(truth))[1:]
        for (start, end), until in zip(spans, following, strict=True):
            found = np.flatnonzero(gate[start:end])
            early = bool(len(found) and start and gate[start - 1] and not found[0])
            counts[:, row] += 1, not len(found), early
            times["front_lost"].append((found[0] if len(found) else end - start, row))
            if len(found) and not early:
                times["onset"].append((found[0] + 1, row))
            closed = np.flatnonzero(~gate[end:until])
            if len(found) and len(closed):  # otherwise the next target or the end comes first
                times["closing"].append((closed[0] + 1, row))
    sums = dict(zip(("targets", "missed", "already_open"), counts, strict=True))
    return Events({**sums, **free_frames(target, opened, seconds)}, _arrays(times, seconds))


def free_frames(target: np.ndarray, opened: np.ndarray, seconds: float) -> dict[str, np.ndarray]:
    """Returns sums of each mixture: frames lost and falsely open, and false openings."""
    before = np.pad(opened, ((0, 0), (1, 0)))[:, :-1]
    return {
        "target": target.sum(axis=1),
        "lost": (target & ~opened).sum(axis=1),
        "free": (~target).sum(axis=1),
        "falsely": (opened & ~target).sum(axis=1),
        "false": (opened & ~before & ~target).sum(axis=1),
        "free_minutes": (~target).sum(axis=1) * seconds / 60,
    }


def _arrays(
    times: Mapping[str, list[tuple[int, int]]], seconds: float
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    each = {name: np.array(pairs, int).reshape(-1, 2).T for name, pairs in times.items()}
    return {name: (1000 * seconds * frames, owners) for name, (frames, owners) in each.items()}


def event_figures(events: Events) -> dict[str, Figure]:
    """Returns the figures of a gate by name; times are in ms."""
    return {
        "targets": events.total("targets"),
        "missed": events.total("missed"),
        "already_open": events.total("already_open"),
        "onset_ms_median": events.quantile("onset", 0.5),
        "onset_ms_p95": events.quantile("onset", 0.95),
        "closing_ms_p95": events.quantile("closing", 0.95),
        "front_lost_ms_p95": events.quantile("front_lost", 0.95),
        "lost": events.ratio("lost", "target"),
        "falsely_open": events.ratio("falsely", "free"),
        "false_openings_a_minute": events.ratio("false", "free_minutes"),
    }


def with_intervals(figures: Mapping[str, Figure], mixtures: int) -> dict[str, Any]:
    """Returns each figure's value with its 95 % interval; `None` where it is not defined.

    Args:
        figures: The figures by name.
        mixtures: Number of mixtures, which are drawn again and again for the intervals.
    """

    def all_of(drawn: np.ndarray) -> np.ndarray:
        return np.stack([figure(drawn) for figure in figures.values()])

    values = all_of(np.ones((1, mixtures), int))[:, 0]
    found: dict[str, Any] = {}
    for name, value, drawn in zip(figures, values, resampled(all_of, mixtures), strict=True):
        score = percentile(float(value), drawn) if np.isfinite(value) else None
        found[name] = score and {"value": score.value, "low": score.low, "high": score.high}
    return found
