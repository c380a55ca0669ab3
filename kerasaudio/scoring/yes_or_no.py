"""Scores and predictions where each example is a question whose answer is yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kerasaudio.experiment import Examples
from kerasaudio.scoring import curves, thresholds
from kerasaudio.scoring.metrics import BINARY, Metric
from kerasaudio.scoring.one_label import label_scores, predictions
from kerasaudio.scoring.samples import OneLabel
from kerasaudio.scoring.scores import Scores, Threshold
from kerasaudio.scoring.thresholds import Goal


@dataclass(frozen=True)
class BinaryScoring:
    """Scores answers of yes or no.

    Args:
        labels: The negative and the positive label.
    """

    labels: tuple[str, ...]

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name."""
        return BINARY

    def epoch_sample(self, y_true: np.ndarray, probabilities: np.ndarray) -> OneLabel:
        """Returns the answers after an epoch, for metrics that a fit watches."""
        return self._sample(y_true, probabilities, Threshold())

    def choose_threshold(
        self,
        y_true: np.ndarray,
        probabilities: np.ndarray,
        goal: Goal,
        hours: float | None = None,
    ) -> Threshold | None:
        """Returns the threshold that a fit asks for."""
        return thresholds.chosen(self._sample(y_true, probabilities, Threshold()), goal, hours)

    def score(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> Scores:
        """Returns the scores of a split; see `Scoring`."""
        threshold = threshold or Threshold()
        sample = self._sample(examples.targets, probabilities, threshold)
        return binary_scores(sample, self.labels, threshold, examples.clips)

    def tables(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> dict[str, pd.DataFrame]:
        """Returns the predictions of examples by file name."""
        sample = self._sample(examples.targets, probabilities, threshold or Threshold())
        return {"predictions.csv": predictions(examples.ids, sample, self.labels)}

    def _sample(
        self, y_true: np.ndarray, probabilities: np.ndarray, threshold: Threshold
    ) -> OneLabel:
        positive = positive_probability(probabilities)
        return binary_sample(y_true, positive, threshold)


def binary_sample(y_true: np.ndarray, positive: np.ndarray, threshold: Threshold) -> OneLabel:
    """Returns answers of yes or no.

    Args:
        y_true: 0 or 1, of shape `(examples,)`.
        positive: Probability of a 1, of shape `(examples,)`.
        threshold: Probability from which on the answer is 1.
    """
    pair = np.stack([1 - positive, positive], axis=1)
    return OneLabel(y_true.astype(int), pair, threshold=threshold.value)


def binary_scores(
    sample: OneLabel, labels: tuple[str, ...], threshold: Threshold, clips: tuple[str, ...] = ()
) -> Scores:
    """Returns the scores of answers of yes or no, with curves and calibration.

    Args:
        sample: The answers.
        labels: The negative and the positive label.
        threshold: Probability from which on the answer is yes.
        clips: Clip of each example, where examples are windows.
    """
    positive = sample.probabilities[:, 1]
    return replace(
        label_scores(sample, labels, BINARY, clips),
        threshold=threshold,
        calibration=curves.calibration(sample.y_true, positive),
        curves=curves.curves(sample.y_true, positive),
    )


def positive_probability(probabilities: np.ndarray) -> np.ndarray:
    """Returns the probability of the second of two labels.

    Args:
        probabilities: Outputs of shape `(examples, 2)`. Two sigmoids, which need not add up to 1,
            are divided by their sum.

    Returns:
        Array of shape `(examples,)`.
    """
    smallest = np.finfo(probabilities.dtype).tiny
    return probabilities[:, 1] / np.maximum(probabilities.sum(axis=1), smallest)
