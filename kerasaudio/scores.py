"""Scores that say what they were measured on: value, interval, and the protocol stamp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import metrics

from kerasaudio.data.splits import Examples, Splits
from kerasaudio.data.standin import is_standin
from kerasaudio.experiment import Experiment

CONFIDENCE = 0.95
RESAMPLES = 1000


@dataclass(frozen=True)
class Score:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float
    interval: str  # how the interval was found

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Stamp:
    """What a score was measured on; no score is written without one."""

    protocol: str
    split: str
    members: str  # SHA-256 of who is in which split
    n: int
    prevalence: dict[str, float]  # share of each label
    seed: int  # of the fit
    selected_on: str  # the split that chose weights and hyper-parameters
    synthetic: bool

    def __str__(self) -> str:
        source = "STAND-IN (synthetic data), " if self.synthetic else ""
        warning = ", SELECTED ON TEST" if self.selected_on == "test" else ""
        return (
            f"{source}{self.protocol}, {self.split} n={self.n}, members {self.members[:8]}, seed {self.seed}{warning}"
        )


def stamp(experiment: Experiment, splits: Splits, split: str, root: Path) -> Stamp:
    """The stamp of a split's scores."""
    examples = dict(splits)[split]
    counts = examples.counts(experiment.data.labels)
    return Stamp(
        protocol=experiment.data.protocol,
        split=split,
        members=splits.members_hash(),
        n=len(examples),
        prevalence={label: round(count / len(examples), 6) for label, count in counts.items()},
        seed=experiment.fit.seed,
        selected_on=experiment.fit.select_on,
        synthetic=is_standin(root),
    )


def accuracy(truth: np.ndarray, guess: np.ndarray) -> Score:
    """Share of correct guesses with Wilson's interval. Both (examples,) label numbers."""
    right = int((truth == guess).sum())
    interval = stats.binomtest(right, len(truth)).proportion_ci(CONFIDENCE, method="wilson")
    return Score(right / len(truth), interval.low, interval.high, "Wilson 95 %")


def macro_f1(truth: np.ndarray, guess: np.ndarray, labels: int) -> Score:
    """Unweighted mean of the labels' F1, 0 for one that is neither there nor guessed."""
    pairs = truth * labels + guess

    def score(index: np.ndarray) -> np.ndarray:
        counts = np.apply_along_axis(np.bincount, -1, pairs[index], minlength=labels * labels)
        confusion = counts.reshape(*index.shape[:-1], labels, labels)
        right = np.diagonal(confusion, axis1=-2, axis2=-1)
        seen = confusion.sum(-1) + confusion.sum(-2)
        return np.divide(2 * right, seen, out=np.zeros(seen.shape), where=seen > 0).mean(-1)

    return _bootstrap(score, len(truth))


def log_loss(truth: np.ndarray, scores: np.ndarray) -> Score:
    """Mean cross-entropy in nats of (examples, labels) scores."""
    eps = np.finfo(scores.dtype).eps
    each = -np.log(np.clip(scores[np.arange(len(truth)), truth], eps, 1))
    return _bootstrap(lambda index: each[index].mean(-1), len(truth))


def _bootstrap(score: Callable[[np.ndarray], np.ndarray], n: int) -> Score:
    """`score` takes (..., n) indices of examples and gives (...) values; the same resamples in every run."""
    everyone = np.arange(n)
    resamples = np.random.default_rng(0).integers(0, n, size=(RESAMPLES, n))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(score(resamples), [tail, 1 - tail])
    return Score(float(score(everyone)), float(low), float(high), f"bootstrap 95 %, {RESAMPLES} resamples")


def single_label(truth: np.ndarray, scores: np.ndarray, labels: tuple[str, ...]) -> dict[str, Any]:
    """Everything that scores.json holds but the stamp: truth (examples,), scores (examples, labels)."""
    guess = scores.argmax(1)
    numbers = range(len(labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, guess, labels=numbers, zero_division=0
    )
    return {
        "accuracy": asdict(accuracy(truth, guess)),
        "macro_f1": asdict(macro_f1(truth, guess, len(labels))),
        "log_loss": asdict(log_loss(truth, scores)),
        "labels": {
            label: {"precision": precision[i], "recall": recall[i], "f1": f1[i], "n": int(support[i])}
            for i, label in enumerate(labels)
        },
        "confusion": metrics.confusion_matrix(truth, guess, labels=numbers).tolist(),
    }


def predictions(examples: Examples, scores: np.ndarray, labels: tuple[str, ...]) -> pd.DataFrame:
    """A row an example: id, truth, prediction and every label's score."""
    named = np.array(labels)
    return pd.DataFrame(
        {
            "id": examples.ids,
            "truth": named[examples.targets],
            "prediction": named[scores.argmax(1)],
            **{label: scores[:, number] for number, label in enumerate(labels)},
        }
    )


def lines(scores: dict[str, Any]) -> list[str]:
    """The summary scores as a person reads them, one a line."""
    names = {"accuracy": "accuracy", "macro_f1": "macro-F1", "log_loss": "log-loss"}
    return [f"{title:9} {Score(**scores[key])}  ({scores[key]['interval']})" for key, title in names.items()]
