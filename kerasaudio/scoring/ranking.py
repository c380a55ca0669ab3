"""How well scores put positives before negatives: ROC-AUC and average precision, for many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """Examples from the highest score down. Equal scores are one step: no order among them is better than another."""

    order: np.ndarray  # (examples,) row numbers
    steps: np.ndarray  # (steps,) where in `order` each score begins
    positive: np.ndarray  # (examples,) of 0 and 1, in `order`

    @classmethod
    def of(cls, truth: np.ndarray, score: np.ndarray) -> Ranking:
        """The ranking of (examples,) scores, whose truth is 0 or 1."""
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        steps = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        return cls(order, steps, truth[order].astype(np.int64))

    def counts(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(..., steps) positives and negatives at each score, where an example stands (..., examples) times."""
        ranked = times[..., self.order]
        positives = ranked * self.positive
        if len(self.steps) == len(self.order):
            return positives, ranked - positives
        positives = np.add.reduceat(positives, self.steps, axis=-1)
        return positives, np.add.reduceat(ranked, self.steps, axis=-1) - positives


def roc_auc(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """(...) share of pairs of a positive and a negative that are in order, equals counting half; NaN without pairs.

    Both are (..., steps) counts from the highest score down.
    """
    below = negatives.sum(-1, keepdims=True) - negatives.cumsum(-1)
    right = (positives * (below + negatives / 2)).sum(-1)
    return _divide(right, positives.sum(-1) * negatives.sum(-1))


def average_precision(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """(...) mean over positives of the precision at their score; NaN without positives. Counts as for `roc_auc`."""
    hits = positives.cumsum(-1)
    precision = hits / np.maximum(hits + negatives.cumsum(-1), 1)
    return _divide((positives * precision).sum(-1), positives.sum(-1))


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(
        above, below, out=np.full(np.shape(above), np.nan), where=np.asarray(below) > 0
    )
