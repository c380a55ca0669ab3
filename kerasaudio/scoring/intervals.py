"""A number with its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 1000


@dataclass(frozen=True)
class Score:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float
    interval: str  # how the interval was found

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def share(right: int, n: int) -> Score:
    """`right` of `n` with Wilson's interval."""
    interval = stats.binomtest(right, n).proportion_ci(CONFIDENCE, method="wilson")
    return Score(right / n, interval.low, interval.high, "Wilson 95 %")


def bootstrap(score: Callable[[np.ndarray], np.ndarray], n: int) -> Score:
    """`score` takes (..., n) indices of examples and gives (...) values; the same resamples in every run."""
    everyone = np.arange(n)
    resamples = np.random.default_rng(0).integers(0, n, size=(RESAMPLES, n))
    return between(float(score(everyone)), score(resamples))


def bootstrap_of_groups(
    score: Callable[[np.ndarray], np.ndarray], sums: np.ndarray, groups: str
) -> Score:
    """Whole groups are drawn, whose examples depend on each other; `sums` (groups, numbers) has what each adds up to.

    `score` takes (..., numbers), the sums over everything drawn, and gives (...) values.
    """
    found = between(float(score(sums.sum(axis=0))), score(drawn(len(sums)) @ sums))
    return replace(found, interval=f"{found.interval} of {groups}")


def between(value: float, resampled: np.ndarray) -> Score:
    """A value with the interval of its resamples (resamples,); without those in which it was not defined."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(resampled, [tail, 1 - tail])
    return Score(value, float(low), float(high), f"bootstrap 95 %, {len(resampled)} resamples")


def around(value: float, resampled: np.ndarray) -> Score:
    """A value with the normal interval of the resamples' spread; for scores that resampling itself shifts."""
    half = float(stats.norm.ppf((1 + CONFIDENCE) / 2) * np.nanstd(resampled, ddof=1))
    return Score(
        value, value - half, value + half, f"95 % from the spread of {len(resampled)} resamples"
    )


def drawn(n: int, resamples: int = RESAMPLES) -> np.ndarray:
    """(resamples, n): how often each example is in each resample; the same in every run."""
    random = np.random.default_rng(0)
    return np.stack(
        [np.bincount(random.integers(0, n, size=n), minlength=n) for _ in range(resamples)]
    )
