"""Yes-or-no answers over all thresholds: calibration and curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics

BINS = 10  # groups of the calibration, of equal size
POINTS = 200  # largest number of points of a curve


def calibration(y_true: np.ndarray, probability: np.ndarray) -> dict[str, Any]:
    """Returns mean probability and share of positives in ten groups by probability.

    Args:
        y_true: 0 or 1, of shape `(examples,)`.
        probability: Probability of a 1, of shape `(examples,)`.

    Returns:
        "predicted" and "observed", a list each, and "expected_error", their mean absolute
        difference weighted by the groups' sizes.
    """
    order = np.argsort(probability, kind="stable")
    groups = [rows for rows in np.array_split(order, BINS) if len(rows)]
    predicted = [float(probability[rows].mean()) for rows in groups]
    observed = [float(y_true[rows].mean()) for rows in groups]
    pairs = zip(predicted, observed, groups, strict=True)
    error = sum(abs(a - b) * len(rows) for a, b, rows in pairs) / len(y_true)
    return {"predicted": predicted, "observed": observed, "expected_error": error}


def curves(y_true: np.ndarray, probability: np.ndarray) -> dict[str, dict[str, list[float]]]:
    """Returns the points of the ROC and the precision-recall curve, thinned out evenly.

    Args:
        y_true: 0 or 1, of shape `(examples,)`.
        probability: Probability of a 1, of shape `(examples,)`.
    """
    false, true, _ = metrics.roc_curve(y_true, probability)
    precision, recall, _ = metrics.precision_recall_curve(y_true, probability)
    roc, pr = (
        np.unique(np.linspace(0, len(axis) - 1, POINTS).astype(int)) for axis in (false, recall)
    )
    return {
        "roc": {
            "false_positive_rate": false[roc].tolist(),
            "true_positive_rate": true[roc].tolist(),
        },
        "precision_recall": {"recall": recall[pr].tolist(), "precision": precision[pr].tolist()},
    }
