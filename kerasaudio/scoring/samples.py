"""Answers to be scored, all of them or as often as a bootstrap resample has drawn them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from kerasaudio.scoring.ranking import Ranking, average_precision, roc_auc

Weighted = TypeVar("Weighted", bound="Sample")


@dataclass(frozen=True)
class Sample:
    """Answers about examples.

    Args:
        y_true: Targets: label numbers of shape `(examples,)`, or 0 and 1 of shape
            `(examples, labels)`.
        probabilities: The model's output, of shape `(examples, labels)`.
        drawn: How often each example counts, of shape `(resamples, examples)`. `None` counts each
            once.
    """

    y_true: np.ndarray
    probabilities: np.ndarray
    drawn: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y_true)

    def resample(self: Weighted, drawn: np.ndarray) -> Weighted:
        """Returns the same answers with other counts, of shape `(resamples, examples)`."""
        return replace(self, drawn=drawn)

    def mean(self, values: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
        """Returns the mean of a value of each example, one mean for each resample.

        Args:
            values: Values of shape `(examples,)`.
            counted: Which examples count at all, of shape `(examples,)`. `None` counts all.
        """
        if self.drawn is None:
            return values.mean() if counted is None else values[counted].mean()
        weights = self.drawn if counted is None else self.drawn * counted
        return weights @ values / weights.sum(axis=-1)

    @property
    def counts(self) -> np.ndarray:
        """How often each example counts, of shape `(resamples, examples)` or `(examples,)`."""
        return np.ones(len(self), np.int64) if self.drawn is None else self.drawn


@dataclass(frozen=True)
class OneLabel(Sample):
    """Answers to questions that have one right label.

    Args:
        y_true: Label numbers, of shape `(examples,)`.
        probabilities: The model's output, of shape `(examples, labels)`.
        drawn: See `Sample`.
        threshold: Probability of the second of two labels from which on it is the answer. `None`
            answers with the label of the highest probability.
    """

    threshold: float | None = None

    @cached_property
    def y_pred(self) -> np.ndarray:
        """The answers as label numbers, of shape `(examples,)`."""
        if self.threshold is None:
            return self.probabilities.argmax(axis=1)
        return (self.probabilities[:, 1] >= self.threshold).astype(int)

    @property
    def losses(self) -> np.ndarray:
        """Cross-entropy of each example in nats, of shape `(examples,)`."""
        smallest = np.finfo(self.probabilities.dtype).eps
        right = self.probabilities[np.arange(len(self)), self.y_true]
        return -np.log(np.clip(right, smallest, 1))

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts by true and predicted label, of shape `(..., labels, labels)`."""
        labels, counts = self.probabilities.shape[1], self.counts
        cells = self.y_true * labels + self.y_pred
        order = np.argsort(cells, kind="stable")
        present, starts = np.unique(cells[order], return_index=True)
        found = np.zeros((*counts.shape[:-1], labels * labels), np.int64)
        found[..., present] = np.add.reduceat(counts[..., order], starts, axis=-1)
        return found.reshape(*counts.shape[:-1], labels, labels)

    @cached_property
    def ranked(self) -> tuple[np.ndarray, np.ndarray]:
        """Positives and negatives by falling probability of the second label; see `Ranking`."""
        return Ranking.of(self.y_true, self.probabilities[:, 1]).counts(self.counts)


@dataclass(frozen=True)
class ManyLabels(Sample):
    """Answers to questions to which any number of labels is right.

    Args:
        y_true: 0 and 1, of shape `(examples, labels)`.
        probabilities: The model's output, of the same shape.
        drawn: See `Sample`.
        known_areas: What `areas` returns, where that was computed before.
    """

    known_areas: np.ndarray | None = None

    @property
    def losses(self) -> np.ndarray:
        """Binary cross-entropy of each example in nats, the mean over labels, `(examples,)`."""
        smallest = np.finfo(np.float32).eps
        each = self.probabilities
        right = np.where(self.y_true > 0, each, 1 - each.astype(np.float64))
        return -np.log(np.clip(right, smallest, 1)).mean(axis=1)

    @cached_property
    def positives(self) -> np.ndarray:
        """Number of examples that have each label, of shape `(labels,)`."""
        return self.y_true.sum(axis=0, dtype=np.int64)

    @cached_property
    def rated(self) -> np.ndarray:
        """Numbers of the labels that have both positives and negatives."""
        return np.flatnonzero((self.positives > 0) & (self.positives < len(self)))

    @cached_property
    def areas(self) -> np.ndarray:
        """Average precision and ROC-AUC of each rated label, of shape `(2, rated, ...)`."""
        if self.known_areas is not None:
            return self.known_areas
        counts = self.counts.astype(np.int32)
        ranked = [
            Ranking.of(self.y_true[:, label], self.probabilities[:, label]).counts(counts)
            for label in self.rated
        ]
        return np.array([[area(*each) for each in ranked] for area in (average_precision, roc_auc)])
