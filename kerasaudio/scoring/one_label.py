"""Scores and predictions where each example has one right label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from kerasaudio.experiment import Examples
from kerasaudio.scoring import curves, thresholds
from kerasaudio.scoring.bootstrap import measure
from kerasaudio.scoring.metrics import BINARY, SINGLE_LABEL, Metric
from kerasaudio.scoring.samples import OneLabel
from kerasaudio.scoring.scores import Measured, Scores, Threshold
from kerasaudio.scoring.thresholds import Goal, NoThreshold

UNBALANCED = 2  # how many times as frequent as the rarest label the commonest one is


@dataclass(frozen=True)
class SingleLabelScoring(NoThreshold):
    """Scores answers of which each is one of the labels, the one with the highest probability.

    Args:
        labels: The labels, in the order of the model's outputs.
    """

    labels: tuple[str, ...]

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name."""
        return SINGLE_LABEL

    def epoch_sample(self, y_true: np.ndarray, probabilities: np.ndarray) -> OneLabel:
        """Returns the answers after an epoch, for metrics that a fit watches."""
        return OneLabel(y_true, probabilities)

    def score(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> Scores:
        """Returns the scores of a split; see `Scoring`."""
        sample = OneLabel(examples.targets, probabilities)
        scores = label_scores(sample, self.labels, SINGLE_LABEL, examples.clips)
        if not examples.clips:
            return scores
        names, clips = by_clip(examples.clips, sample)
        own = label_scores(clips, self.labels, SINGLE_LABEL, names, unit="clips")
        return replace(scores, clips=own)

    def tables(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> dict[str, pd.DataFrame]:
        """Returns predictions by file name: of examples, and of clips if those are windows."""
        sample = OneLabel(examples.targets, probabilities)
        found = {"predictions.csv": predictions(examples.ids, sample, self.labels)}
        if examples.clips:
            names, clips = by_clip(examples.clips, sample)
            found["clip_predictions.csv"] = predictions(names, clips, self.labels)
        return found


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


def label_scores(
    sample: OneLabel,
    labels: tuple[str, ...],
    metrics: Mapping[str, Metric],
    clips: tuple[str, ...] = (),
    unit: str | None = None,
) -> Scores:
    """Returns metrics, the figures of each label, and the confusion matrix.

    Args:
        sample: The answers.
        labels: The labels.
        metrics: The metrics by name.
        clips: Clip of each example. Whole clips are drawn for the intervals.
        unit: What an example is, in the plural; `None` stands for "windows" where there are clips.
    """
    numbers = range(len(labels))
    each = precision_recall_fscore_support(
        sample.y_true, sample.y_pred, labels=numbers, zero_division=0
    )
    return Scores(
        unit=unit or ("windows" if clips else "clips"),
        n=len(sample),
        metrics=_leading(sample, measure(metrics, sample, _constant(sample), clips)),
        labels={
            label: _figures(*(float(figures[number]) for figures in each))
            for number, label in enumerate(labels)
        },
        confusion=sample.confusion.tolist(),
    )


def _leading(sample: OneLabel, measured: dict[str, Measured]) -> dict[str, Measured]:
    """Macro-F1 first where one label is more than twice as frequent as another."""
    counts = np.unique(sample.y_true, return_counts=True)[1]
    unbalanced = counts.max() > UNBALANCED * counts.min()
    return {"macro_f1": measured["macro_f1"], **measured} if unbalanced else measured


def _figures(precision: float, recall: float, f1: float, n: float) -> dict[str, Any]:
    return {"precision": precision, "recall": recall, "f1": f1, "n": int(n)}


def _constant(sample: OneLabel) -> OneLabel:
    """The same answer to each example: the labels' own shares as probabilities."""
    labels = sample.probabilities.shape[1]
    shares = np.bincount(sample.y_true, minlength=labels) / len(sample)
    threshold = None if sample.threshold is None else np.nextafter(0.5, 1)  # a tie is a no
    return OneLabel(sample.y_true, np.tile(shares, (len(sample), 1)), threshold=threshold)


def by_clip(clips: tuple[str, ...], windows: OneLabel) -> tuple[tuple[str, ...], OneLabel]:
    """Returns the clips' names and answers, the means of their windows' probabilities.

    Args:
        clips: Clip of each window.
        windows: The windows' answers.
    """
    names, first, each = np.unique(np.array(clips), return_index=True, return_inverse=True)
    sums = np.zeros((len(names), windows.probabilities.shape[1]))
    np.add.at(sums, each, windows.probabilities)
    means = (sums / np.bincount(each)[:, None]).astype(windows.probabilities.dtype)
    return tuple(names.tolist()), OneLabel(windows.y_true[first], means)


def predictions(ids: tuple[str, ...], sample: OneLabel, labels: tuple[str, ...]) -> pd.DataFrame:
    """Returns a row an example: id, truth, prediction and the probability of every label.

    Args:
        ids: Names of the examples.
        sample: The answers.
        labels: The labels.
    """
    named = np.array(labels)
    return pd.DataFrame(
        {
            "id": ids,
            "truth": named[sample.y_true],
            "prediction": named[sample.y_pred],
            **{label: sample.probabilities[:, number] for number, label in enumerate(labels)},
        }
    )
