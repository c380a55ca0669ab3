"""Scores of answers about frames, with mixtures as the unit that intervals draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from kerasaudio.experiment import Examples
from kerasaudio.scoring.bootstrap import measure
from kerasaudio.scoring.metrics import Metric
from kerasaudio.scoring.ranking import roc_auc
from kerasaudio.scoring.samples import Sample
from kerasaudio.scoring.scores import Scores, Threshold
from kerasaudio.scoring.thresholds import NoThreshold

STEPS = 2000  # groups of equally many frames that a ranking is made of
SMALLEST = 1e-7  # probability


@dataclass(frozen=True)
class FrameSample(Sample):
    """Answers about frames.

    Args:
        y_true: 0 and 1, of shape `(examples, frames, 1)`.
        probabilities: The model's output, of the same shape.
        drawn: See `Sample`.
    """

    @cached_property
    def steps(self) -> np.ndarray:
        """Closed and open frames of each example from the highest probability down.

        It has the shape `(2, examples, steps)`.
        """
        each = self.probabilities.reshape(len(self), -1)
        edges = np.unique(np.quantile(each, np.linspace(0, 1, STEPS)))
        place = len(edges) - np.searchsorted(edges, each, side="right")
        side = (self.y_true.reshape(len(self), -1) > 0).astype(int)
        row = np.arange(len(self))[:, None]
        cells = (side * len(self) + row) * (len(edges) + 1) + place
        size = 2 * len(self) * (len(edges) + 1)
        return np.bincount(cells.ravel(), minlength=size).reshape(2, len(self), -1)

    @cached_property
    def ranked(self) -> tuple[np.ndarray, np.ndarray]:
        """Open and closed frames by falling probability, each of shape `(..., steps)`."""
        closed, opened = self.steps
        return self.counts @ opened, self.counts @ closed

    @property
    def losses(self) -> np.ndarray:
        """Binary cross-entropy of each example in nats, of shape `(examples,)`."""
        right = np.where(self.y_true > 0, self.probabilities, 1 - self.probabilities)
        return -np.log(np.maximum(right, SMALLEST)).mean(axis=(1, 2))


def found_at(false_positives: float) -> Metric:
    """Returns the metric that is the share of open frames found at a rate of false ones."""

    def value(sample: FrameSample) -> np.ndarray:
        opened, closed = (
            np.concatenate([np.zeros((*each.shape[:-1], 1)), each.cumsum(-1)], -1)
            for each in sample.ranked
        )
        rates = closed / np.maximum(closed[..., -1:], 1), opened / np.maximum(opened[..., -1:], 1)
        both = zip(np.atleast_2d(rates[0]), np.atleast_2d(rates[1]), strict=True)
        found = np.array([np.interp(false_positives, *each) for each in both])
        return found if rates[0].ndim > 1 else found[0]

    return Metric(f"TPR at FPR {false_positives:g}", value)


FRAMES = {
    "roc_auc": Metric("ROC-AUC", lambda sample: roc_auc(*sample.ranked)),
    "tpr_at_05": found_at(0.05),
    "tpr_at_10": found_at(0.1),
    "log_loss": Metric("log-loss", lambda sample: sample.mean(sample.losses), best="min"),
}


@dataclass(frozen=True)
class FrameScoring(NoThreshold):
    """Scores the answers about all frames of mixtures.

    A gate's threshold is chosen with its timing: see `scoring.gate`.

    Args:
        labels: The one label.
    """

    labels: tuple[str, ...]

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name."""
        return FRAMES

    def epoch_sample(self, y_true: np.ndarray, probabilities: np.ndarray) -> FrameSample:
        """Returns the answers after an epoch, for metrics that a fit watches."""
        return FrameSample(y_true, probabilities)

    def score(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> Scores:
        """Returns the scores of a split; see `Scoring`."""
        conditions = np.array([name.partition(" ")[2] for name in examples.ids])
        each = {}
        for condition in dict.fromkeys(conditions.tolist()):
            chosen = conditions == condition
            sample = FrameSample(examples.targets[chosen], probabilities[chosen])
            found = frame_scores(sample, self.labels).metrics
            each[condition] = {name: measured.to_json() for name, measured in found.items()}
        whole = frame_scores(FrameSample(examples.targets, probabilities), self.labels)
        return replace(whole, conditions=each)

    def tables(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> dict[str, pd.DataFrame]:
        """Returns a row for each example by file name: its share of open frames, and its loss."""
        sample = FrameSample(examples.targets, probabilities)
        rows = {
            "id": examples.ids,
            "open": examples.targets.mean(axis=(1, 2)),
            "mean": probabilities.mean(axis=(1, 2)),
            "loss": sample.losses,
        }
        return {"predictions.csv": pd.DataFrame(rows)}


def frame_scores(sample: FrameSample, labels: tuple[str, ...]) -> Scores:
    """Returns the scores of some mixtures.

    Args:
        sample: The answers.
        labels: The one label.
    """
    share = np.full(sample.y_true.shape, sample.y_true.mean())
    constant = FrameSample(sample.y_true, share)
    return Scores("mixtures", len(sample), measure(FRAMES, sample, constant), labels={})
