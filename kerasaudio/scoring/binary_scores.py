"""Scores of a yes-or-no question, each beside that of answering alike always."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn import metrics

from kerasaudio.scoring.intervals import Score, between, drawn, share
from kerasaudio.scoring.ranking import Ranking, average_precision, roc_auc

BINS = 10  # of the calibration, with as many examples each
POINTS = 200  # of a curve, at most
MICRO = (
    "Micro-F1 counts both labels' hits together, so with one label an example it is the accuracy"
)
TITLES = {
    "accuracy": "accuracy",
    "f1": "F1",
    "macro_f1": "macro-F1",
    "micro_f1": "micro-F1",
    "roc_auc": "ROC-AUC",
    "average_precision": "AP",
    "log_loss": "log-loss",
}


def probability(scores: np.ndarray) -> np.ndarray:
    """(examples, 2) scores -> (examples,) of the second label; sigmoids, which need not add up to 1, are made to."""
    return scores[:, 1] / np.maximum(scores.sum(axis=1), np.finfo(scores.dtype).tiny)


def best_threshold(truth: np.ndarray, positive: np.ndarray, goal: str) -> float:
    """Where "best_accuracy" or "best_f1" is highest: halfway between two scores that occur, or where none is a yes."""
    ranking = Ranking.of(truth, positive)
    hits, alarms = (counts.cumsum() for counts in ranking.counts(np.ones(len(truth), np.int64)))
    misses = truth.sum() - hits
    quality = hits - alarms if goal == "best_accuracy" else 2 * hits / (2 * hits + alarms + misses)
    quality = np.append(0.0, quality)
    levels = np.concatenate([[2.0], positive[ranking.order][ranking.steps], [0.0]])
    best = int(np.argmax(quality))
    return float((levels[best] + levels[best + 1]) / 2)


def binary(
    truth: np.ndarray, positive: np.ndarray, labels: tuple[str, ...], threshold: float, chosen: str
) -> dict[str, Any]:
    """Everything that scores.json holds but the stamp: truth (examples,) of 0 and 1, positive (examples,) scores.

    `chosen` says how the threshold was found.
    """
    guess = (positive >= threshold).astype(int)
    found = summary(truth, positive, guess)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, guess, labels=[0, 1], zero_division=0
    )
    prevalence = float(truth.mean())
    never = summary_of_constant(truth)
    return {
        **{name: asdict(score) for name, score in found.items()},
        "micro_f1_remark": MICRO,
        "majority": never,
        "prevalence": prevalence,
        "threshold": {"value": threshold, "chosen": chosen},
        "labels": {
            label: {
                "precision": precision[i],
                "recall": recall[i],
                "f1": f1[i],
                "n": int(support[i]),
            }
            for i, label in enumerate(labels)
        },
        "confusion": metrics.confusion_matrix(truth, guess, labels=[0, 1]).tolist(),
        "calibration": calibration(truth, positive),
        "curves": curves(truth, positive),
    }


def summary(truth: np.ndarray, positive: np.ndarray, guess: np.ndarray) -> dict[str, Score]:
    """The scores that are one number."""
    n = len(truth)
    times, once = drawn(n), np.ones(n, np.int64)
    ranking = Ranking.of(truth, positive)
    all_, resampled = ranking.counts(once), ranking.counts(times)
    cells = np.eye(4, dtype=np.int64)[2 * truth + guess]
    loss = -np.log(
        np.clip(np.where(truth == 1, positive, 1 - positive), np.finfo(np.float32).eps, 1)
    )
    right = int((truth == guess).sum())
    return {
        "accuracy": share(right, n),
        "f1": between(float(_f1(once @ cells)[0]), _f1(times @ cells)[0]),
        "macro_f1": between(float(np.mean(_f1(once @ cells))), np.mean(_f1(times @ cells), axis=0)),
        "micro_f1": share(right, n),
        "roc_auc": between(float(roc_auc(*all_)), roc_auc(*resampled)),
        "average_precision": between(
            float(average_precision(*all_)), average_precision(*resampled)
        ),
        "log_loss": between(float(loss.mean()), times @ loss / n),
    }


def _f1(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F1 of the positive and of the negative label from (..., 4) counts of truth x guess."""
    negatives, alarms, misses, hits = np.moveaxis(cells, -1, 0)
    wrong = alarms + misses
    return tuple(2 * right / np.maximum(2 * right + wrong, 1) for right in (hits, negatives))


def summary_of_constant(truth: np.ndarray) -> dict[str, float]:
    """The same scores of the commoner answer, given with its share as probability whatever the example."""
    prevalence = float(truth.mean())
    positive = prevalence > 0.5
    commoner = max(prevalence, 1 - prevalence)
    f1 = 2 * commoner / (1 + commoner)  # of the label that is always given
    entropy = -sum(p * np.log(p) for p in (prevalence, 1 - prevalence) if p > 0)
    return {
        "accuracy": commoner,
        "f1": f1 if positive else 0.0,
        "macro_f1": f1 / 2,
        "micro_f1": commoner,
        "roc_auc": 0.5,
        "average_precision": prevalence,
        "log_loss": float(entropy),
    }


def calibration(truth: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    """Mean score and share of positives in groups of equal size by score, and what the two differ by on average."""
    groups = [
        rows for rows in np.array_split(np.argsort(positive, kind="stable"), BINS) if len(rows)
    ]
    said = [float(positive[rows].mean()) for rows in groups]
    happened = [float(truth[rows].mean()) for rows in groups]
    gaps = [abs(a - b) * len(rows) for a, b, rows in zip(said, happened, groups, strict=True)]
    return {"said": said, "happened": happened, "expected_error": sum(gaps) / len(truth)}


def curves(truth: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    """ROC and precision-recall curves, thinned out evenly."""
    false, true, _ = metrics.roc_curve(truth, positive)
    precision, recall, _ = metrics.precision_recall_curve(truth, positive)
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
