"""How well probabilities put positives before negatives, for many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """Examples from the highest probability down; equal probabilities form one step.

    Args:
        order: Example numbers, of shape `(examples,)`.
        steps: Places in `order` at which a new probability begins, of shape `(steps,)`.
        positive: 0 or 1 for each example, in `order`.
    """

    order: np.ndarray
    steps: np.ndarray
    positive: np.ndarray

    @classmethod
    def of(cls, y_true: np.ndarray, probability: np.ndarray) -> Ranking:
        """Returns the ranking of some examples.

        Args:
            y_true: 0 or 1 for each example, of shape `(examples,)`.
            probability: Probability of a 1, of shape `(examples,)`.
        """
        order = np.argsort(-probability, kind="stable")
        ranked = probability[order]
        steps = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        return cls(order, steps, y_true[order].astype(np.int64))

    def counts(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the numbers of positives and negatives at each step, each `(..., steps)`.

        Args:
            drawn: How often each example counts, of shape `(..., examples)`.
        """
        ranked = drawn[..., self.order]
        positives = ranked * self.positive
        if len(self.steps) == len(self.order):
            return positives, ranked - positives
        positives = np.add.reduceat(positives, self.steps, axis=-1)
        return positives, np.add.reduceat(ranked, self.steps, axis=-1) - positives


def roc_auc(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """Returns the area under the ROC curve: the share of pairs that are in the right order.

    Args:
        positives: Number of positives at each step from the highest probability down, of shape
            `(..., steps)`.
        negatives: Number of negatives, likewise.

    Returns:
        Array of shape `(...)`; NaN where there are no positives or no negatives. Equal
        probabilities count half.
    """
    below = negatives.sum(-1, keepdims=True) - negatives.cumsum(-1)
    right = (positives * (below + negatives / 2)).sum(-1)
    return _divide(right, positives.sum(-1) * negatives.sum(-1))


def average_precision(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """Returns the mean, over the positives, of the precision at their probability.

    Args:
        positives: Number of positives at each step from the highest probability down, of shape
            `(..., steps)`.
        negatives: Number of negatives, likewise.

    Returns:
        Array of shape `(...)`; NaN where there are no positives.
    """
    hits = positives.cumsum(-1)
    precision = hits / np.maximum(hits + negatives.cumsum(-1), 1)
    return _divide((positives * precision).sum(-1), positives.sum(-1))


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    undefined = np.full(np.shape(above), np.nan)
    return np.divide(above, below, out=undefined, where=np.asarray(below) > 0)
