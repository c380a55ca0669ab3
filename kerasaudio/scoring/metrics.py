"""The metrics of each kind of task. A new metric is a new entry in one of the tables below.

It then appears in scores.json, on the console, in the report and in `compare`, a fit can keep its
best epoch by it (`fit.keep=best_NAME`) and a search can select on it (`--objective val_NAME`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from kerasaudio.scoring.ranking import average_precision, roc_auc
from kerasaudio.scoring.samples import ManyLabels, OneLabel

Hits = tuple[np.ndarray, np.ndarray | None]  # which examples were right, and which count at all


@dataclass(frozen=True)
class Metric:
    """A number that says how good answers are.

    Args:
        title: What people call it.
        value: Maps a sample to one value for each of its resamples.
        best: Whether a higher or a lower value is better.
        hits: For a share of examples, maps a sample to `(right, counted)`, which are booleans of
            shape `(examples,)`; its interval is Wilson's. Otherwise `None`.
        interval: How the bootstrap resamples give an interval: by their percentiles, or by their
            spread where resampling shifts the value.
        within_classes: Whether the bootstrap draws each class by itself. A mean over classes would
            otherwise fall wherever a resample lacks a class.
    """

    title: str
    value: Callable[[Any], np.ndarray]
    best: Literal["max", "min"] = "max"
    hits: Callable[[Any], Hits] | None = None
    interval: Literal["percentile", "spread"] = "percentile"
    within_classes: bool = False


def share(title: str, hits: Callable[[Any], Hits]) -> Metric:
    """Returns the metric that is the share of right answers among those that count."""
    return Metric(title, lambda sample: sample.mean(*hits(sample)), hits=hits)


def answered_right(sample: OneLabel) -> Hits:
    """Returns which answers are right; all examples count."""
    return sample.y_true == sample.y_pred, None


def first_tag_right(sample: ManyLabels) -> Hits:
    """Returns for which examples the highest probability is that of the first of their labels.

    Only examples with a label count.

    Source: the courses whose work `magnatagatune_p2` and `magnatagatune_p3` repeat.
    """
    first = sample.probabilities.argmax(axis=1) == sample.y_true.argmax(axis=1)
    return first, sample.y_true.any(axis=1)


def f1_of_labels(sample: OneLabel) -> np.ndarray:
    """Returns the F1 of each label, of shape `(..., labels)`; 0 for one that never occurs."""
    confusion = sample.confusion
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    seen = confusion.sum(-1) + confusion.sum(-2)
    return np.divide(2 * right, seen, out=np.zeros(seen.shape), where=seen > 0)


def d_prime(area: np.ndarray) -> np.ndarray:
    """Returns d': how many standard deviations two normal distributions of this ROC-AUC are apart.

    Args:
        area: ROC-AUC, of any shape.

    Source: Gemmeke et al. 2017, Audio Set, section 5.
    """
    return np.sqrt(2) * stats.norm.ppf(area)


def mean_of_rated(areas: np.ndarray) -> np.ndarray:
    """Returns the mean over labels, without those that a resample cannot rate.

    Args:
        areas: Areas of shape `(labels, ...)`; NaN where a label cannot be rated.

    Returns:
        Array of shape `(...)`; NaN where no label can be rated.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy, about an empty mean
        return np.nanmean(areas, axis=0)


ACCURACY = share("accuracy", answered_right)
MACRO_F1 = Metric("macro-F1", lambda sample: f1_of_labels(sample).mean(-1), within_classes=True)
LOG_LOSS = Metric("log-loss", lambda sample: sample.mean(sample.losses), best="min")

SINGLE_LABEL = {"accuracy": ACCURACY, "macro_f1": MACRO_F1, "log_loss": LOG_LOSS}

BINARY = {
    "accuracy": ACCURACY,
    "f1": Metric("F1", lambda sample: f1_of_labels(sample)[..., 1]),
    "macro_f1": MACRO_F1,
    "micro_f1": share("micro-F1", answered_right),  # with one label an example it is the accuracy
    "roc_auc": Metric("ROC-AUC", lambda sample: roc_auc(*sample.ranked)),
    "average_precision": Metric("AP", lambda sample: average_precision(*sample.ranked)),
    "log_loss": LOG_LOSS,
}

MEAN_AP = Metric("PR-AUC", lambda sample: mean_of_rated(sample.areas[0]), interval="spread")
MEAN_AUC = Metric("ROC-AUC", lambda sample: mean_of_rated(sample.areas[1]), interval="spread")

MULTI_LABEL = {
    "mean_roc_auc": MEAN_AUC,
    "mean_average_precision": MEAN_AP,
    "accuracy": share("first tag", first_tag_right),
    "log_loss": LOG_LOSS,
}

BESIDE_A_TARGET = {
    "mean_average_precision": Metric("mAP", MEAN_AP.value, interval="spread"),
    "mean_roc_auc": Metric("mean AUC", MEAN_AUC.value, interval="spread"),
    "d_prime": Metric("d'", lambda sample: d_prime(MEAN_AUC.value(sample)), interval="spread"),
}
