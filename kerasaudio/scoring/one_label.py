"""Scores and predictions where each example has one right label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from kerasaudio.experiment import Examples
from kerasaudio.scoring.bootstrap import measure
from kerasaudio.scoring.metrics import SINGLE_LABEL, Metric
from kerasaudio.scoring.samples import OneLabel
from kerasaudio.scoring.scores import Measured, Scores, Threshold
from kerasaudio.scoring.thresholds import NoThreshold

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
