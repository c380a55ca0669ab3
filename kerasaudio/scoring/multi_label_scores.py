"""Scores of labels of which any number can hold at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import stats

from kerasaudio.scoring.intervals import CONFIDENCE, around, drawn
from kerasaudio.scoring.ranking import Ranking, average_precision, roc_auc

RESAMPLES = 50  # every label is ranked anew in each; enough where there are hundreds of labels
TITLES = {"mean_average_precision": "mAP", "mean_roc_auc": "mean AUC", "d_prime": "d'"}


def d_prime(roc_auc: np.ndarray) -> np.ndarray:
    """How far apart, in standard deviations, two normal distributions with this ROC-AUC are."""
    return np.sqrt(2) * stats.norm.ppf(roc_auc)


def multi_label(
    truth: np.ndarray, scores: np.ndarray, labels: tuple[str, ...], resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Everything that scores.json holds but the stamp: truth (examples, labels) of 0 and 1, scores alike.

    Means are over the labels that have both positives and negatives; d' is that of the mean ROC-AUC. A label's
    interval leaves out the resamples in which it has none.
    """
    n = len(truth)
    times = np.concatenate([np.ones((1, n), np.int64), drawn(n, resamples)]).astype(np.int32)
    counts = truth.sum(axis=0, dtype=np.int64)
    rated = np.flatnonzero((counts > 0) & (counts < n))
    precisions, areas = np.empty((2, len(rated), resamples + 1))
    for row, number in enumerate(rated):
        counted = Ranking.of(truth[:, number], scores[:, number]).counts(times)
        precisions[row], areas[row] = average_precision(*counted), roc_auc(*counted)
    means = {
        "mean_average_precision": np.nanmean(precisions, axis=0),
        "mean_roc_auc": np.nanmean(areas, axis=0),
        "d_prime": d_prime(np.nanmean(areas, axis=0)),
    }
    each = zip(rated, precisions, areas, d_prime(areas[:, 0]), strict=True)
    return {
        **{name: asdict(around(float(mean[0]), mean[1:])) for name, mean in means.items()},
        "majority": {
            "mean_average_precision": float(counts[rated].mean() / n),
            "mean_roc_auc": 0.5,
            "d_prime": 0.0,
        },
        "labels_rated": len(rated),
        "left_out": [label for number, label in enumerate(labels) if number not in set(rated)],
        "labels": {
            labels[number]: {
                "average_precision": float(precision[0]),
                "average_precision_interval": _within(precision[1:]),
                "roc_auc": float(area[0]),
                "roc_auc_interval": _within(area[1:]),
                "d_prime": float(distance),
                "n": int(counts[number]),
            }
            for number, precision, area, distance in each
        },
    }


def _within(resampled: np.ndarray) -> list[float]:
    tail = (1 - CONFIDENCE) / 2
    return np.nanquantile(resampled, [tail, 1 - tail]).tolist()
