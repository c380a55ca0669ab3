"""Scores of labels of which any number can hold at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import stats

from kerasaudio.intervals import around, drawn
from kerasaudio.ranking import Ranking, average_precision, roc_auc

RESAMPLES = 50  # every label is ranked anew in each
TITLES = {"mean_average_precision": "mAP", "mean_roc_auc": "mean AUC", "d_prime": "d'"}


def d_prime(roc_auc: np.ndarray) -> np.ndarray:
    """How far apart, in standard deviations, two normal distributions with this ROC-AUC are."""
    return np.sqrt(2) * stats.norm.ppf(roc_auc)


def multi_label(truth: np.ndarray, scores: np.ndarray, labels: tuple[str, ...]) -> dict[str, Any]:
    """Everything that scores.json holds but the stamp: truth (examples, labels) of 0 and 1, scores alike.

    Means are over the labels that have both positives and negatives; d' is that of the mean ROC-AUC.
    """
    n = len(truth)
    times = np.concatenate([np.ones((1, n), np.int64), drawn(n, RESAMPLES)]).astype(np.int32)
    counts = truth.sum(axis=0, dtype=np.int64)
    rated = np.flatnonzero((counts > 0) & (counts < n))
    precisions, areas = np.empty((2, len(rated), RESAMPLES + 1))
    for row, number in enumerate(rated):
        counted = Ranking.of(truth[:, number], scores[:, number]).counts(times)
        precisions[row], areas[row] = average_precision(*counted), roc_auc(*counted)
    means = {
        "mean_average_precision": np.nanmean(precisions, axis=0),
        "mean_roc_auc": np.nanmean(areas, axis=0),
        "d_prime": d_prime(np.nanmean(areas, axis=0)),
    }
    each = zip(rated, precisions[:, 0], areas[:, 0], d_prime(areas[:, 0]), strict=True)
    return {
        **{name: asdict(around(float(mean[0]), mean[1:])) for name, mean in means.items()},
        "majority": {"mean_average_precision": float(counts[rated].mean() / n), "mean_roc_auc": 0.5, "d_prime": 0.0},
        "labels_rated": len(rated),
        "labels": {
            labels[number]: {
                "average_precision": float(precision),
                "roc_auc": float(area),
                "d_prime": float(distance),
                "n": int(counts[number]),
            }
            for number, precision, area, distance in each
        },
    }
