"""A number with its 95 % confidence interval.

Shares of right answers have Wilson's interval, everything else a bootstrap of 1000 resamples, with
a fixed seed, over examples, or over clips where the examples are windows. An interval speaks of the
test examples only; what the seed changes is told by several runs (`train --seeds`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
TAILS = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
RESAMPLES = 1000
SEED = 0  # of the resamples: the same ones in every run
AT_ONCE = 20_000_000  # examples of all resamples that are in memory together


@dataclass(frozen=True)
class Score:
    """A number with its 95 % confidence interval.

    Args:
        value: The number.
        low: Lower end of the interval.
        high: Upper end of the interval.
        interval: How the interval was found, in words.
    """

    value: float
    low: float
    high: float
    interval: str

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def wilson(right: int, n: int, of: str = "") -> Score:
    """Returns a share with Wilson's interval.

    Args:
        right: Number of examples that count.
        n: Number of all examples.
        of: What was counted, for the description of the interval.

    Source: Wilson 1927, Journal of the American Statistical Association 22, 209; SciPy computes it.
    """
    interval = stats.binomtest(right, n).proportion_ci(CONFIDENCE, method="wilson")
    return Score(right / n, interval.low, interval.high, f"Wilson 95 %{of}")


def resampled(
    statistic: Callable[[np.ndarray], np.ndarray],
    n: int,
    resamples: int = RESAMPLES,
    classes: np.ndarray | None = None,
    size: int | None = None,
) -> np.ndarray:
    """Returns a statistic of bootstrap resamples; the resamples are the same in every run.

    Args:
        statistic: Maps counts of shape `(resamples, n)`, which say how often each example was
            drawn, to values of shape `(..., resamples)`.
        n: Number of examples.
        resamples: Number of resamples.
        classes: Class of each example, of shape `(n,)`: every resample has as many examples of a
            class as there are. `None` draws from all examples.
        size: Number of values that the statistic holds for a resample, such as the windows of n
            clips: it bounds how many resamples are in memory together. `None` takes n.

    Returns:
        Array of shape `(..., resamples)`.
    """
    if classes is not None:
        return np.concatenate(
            list(map(statistic, _within_classes(classes, resamples, size or n))), axis=-1
        )
    if n < 2:
        return np.repeat(statistic(np.ones((1, n), np.int64)), resamples, axis=-1)
    with warnings.catch_warnings():
        # SciPy's own interval, which is not used, is NaN where a resample is.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            (np.arange(n),),
            lambda drawn, axis: statistic(_counts(np.atleast_2d(drawn), n)),
            n_resamples=resamples,
            batch=max(1, AT_ONCE // (size or n)),
            vectorized=True,
            method="percentile",
            random_state=np.random.default_rng(SEED),
        )
    return found.bootstrap_distribution


def _within_classes(classes: np.ndarray, resamples: int, size: int) -> Iterator[np.ndarray]:
    """Yields (some resamples, n) how often each example was drawn, each class by itself."""
    random, n = np.random.default_rng(SEED), len(classes)
    members = [np.flatnonzero(classes == number) for number in np.unique(classes)]
    at_once = max(1, AT_ONCE // size)
    for first in range(0, resamples, at_once):
        drawn = min(at_once, resamples - first)
        counts = np.zeros((drawn, n), np.int64)
        for each in members:
            shares = np.full(len(each), 1 / len(each))
            counts[:, each] = random.multinomial(len(each), shares, drawn)
        yield counts


def percentile(value: float, resamples: np.ndarray, of: str = "") -> Score:
    """Returns a value with the percentile interval of its bootstrap resamples.

    Args:
        value: The value on all examples.
        resamples: Values of shape `(resamples,)`; those that are NaN were not defined and are
            left out.
        of: What was drawn, for the description of the interval.
    """
    low, high = np.nanquantile(resamples, TAILS)
    text = f"bootstrap 95 %, {len(resamples)} resamples{of}"
    return Score(value, float(low), float(high), text)


def spread(value: float, resamples: np.ndarray) -> Score:
    """Returns a value with the normal interval from the spread of its resamples.

    It is for values that resampling itself shifts, such as areas under curves of rare labels.

    Args:
        value: The value on all examples.
        resamples: Values of shape `(resamples,)`; those that are NaN are left out.
    """
    half = float(stats.norm.ppf(TAILS[1]) * np.nanstd(resamples, ddof=1))
    text = f"95 % from the spread of {len(resamples)} resamples"
    return Score(value, value - half, value + half, text)


def _counts(drawn: np.ndarray, n: int) -> np.ndarray:
    """(resamples, n) example numbers -> (resamples, n) how often each example was drawn."""
    rows = np.arange(len(drawn))[:, None] * n
    return np.bincount((drawn + rows).ravel(), minlength=drawn.size).reshape(len(drawn), n)
