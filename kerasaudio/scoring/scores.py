"""Scores: values with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics

from kerasaudio.experiment import DataSet, Experiment
from kerasaudio.scoring import binary_scores, multi_label_scores, tag_scores
from kerasaudio.scoring.intervals import Score, bootstrap, bootstrap_of_groups, share

TITLES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "log_loss": "log-loss"}


def accuracy(truth: np.ndarray, guess: np.ndarray) -> Score:
    """Share of correct guesses with Wilson's interval. Both (examples,) label numbers."""
    return share(int((truth == guess).sum()), len(truth))


def macro_f1(truth: np.ndarray, guess: np.ndarray, labels: int) -> Score:
    """Unweighted mean of the labels' F1, 0 for one that is neither there nor guessed."""
    pairs = truth * labels + guess

    def score(index: np.ndarray) -> np.ndarray:
        counts = np.apply_along_axis(np.bincount, -1, pairs[index], minlength=labels * labels)
        return _mean_f1(counts.reshape(*index.shape[:-1], labels, labels))

    return bootstrap(score, len(truth))


def _mean_f1(confusion: np.ndarray) -> np.ndarray:
    """(..., labels, labels) to (...)."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    seen = confusion.sum(-1) + confusion.sum(-2)
    return np.divide(2 * right, seen, out=np.zeros(seen.shape), where=seen > 0).mean(-1)


def log_loss(truth: np.ndarray, scores: np.ndarray) -> Score:
    """Mean cross-entropy in nats of (examples, labels) scores."""
    each = _losses(truth, scores)
    return bootstrap(lambda index: each[index].mean(-1), len(truth))


def _losses(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    eps = np.finfo(scores.dtype).eps
    return -np.log(np.clip(scores[np.arange(len(truth)), truth], eps, 1))


def of_windows(clips: Sequence[str], windows: Answers) -> dict[str, Any]:
    """The scores of windows, whole clips drawn: windows of a clip are alike. `clips` has one name a window."""
    names, each = np.unique(np.array(clips), return_inverse=True)
    labels, n = len(windows.labels), np.bincount(each)
    confusion = np.zeros((len(names), labels, labels))
    np.add.at(confusion, (each, windows.truth, windows.guess), 1)
    right = np.trace(confusion, axis1=1, axis2=2)
    loss = np.bincount(each, weights=_losses(windows.truth, windows.scores))

    def square(sums: np.ndarray) -> np.ndarray:
        return _mean_f1(sums.reshape(*sums.shape[:-1], labels, labels))

    found = {
        "accuracy": bootstrap_of_groups(_ratio, np.stack([right, n], axis=1), "clips"),
        "macro_f1": bootstrap_of_groups(square, confusion.reshape(len(names), -1), "clips"),
        "log_loss": bootstrap_of_groups(_ratio, np.stack([loss, n], axis=1), "clips"),
    }
    if right.sum() in (0, n.sum()):  # no resample differs
        found["accuracy"] = replace(
            share(int((right > 0).sum()), len(n)), interval="Wilson 95 % of clips"
        )
    return {key: asdict(score) for key, score in found.items()}


def _ratio(sums: np.ndarray) -> np.ndarray:
    return sums[..., 0] / sums[..., 1]


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
            label: {
                "precision": precision[i],
                "recall": recall[i],
                "f1": f1[i],
                "n": int(support[i]),
            }
            for i, label in enumerate(labels)
        },
        "confusion": metrics.confusion_matrix(truth, guess, labels=numbers).tolist(),
    }


@dataclass(frozen=True)
class Threshold:
    """From which score on the answer to a yes-or-no question is yes."""

    value: float = 0.5
    chosen: str = "fixed"


@dataclass(frozen=True)
class Answers:
    """What is scored: one right label an example, and a score for each label."""

    labels: tuple[str, ...]
    truth: np.ndarray  # (examples,) label numbers
    scores: np.ndarray  # (examples, labels)
    threshold: (
        Threshold | None
    )  # of the second of two labels; without one, the label with the highest score counts

    @property
    def guess(self) -> np.ndarray:
        """(examples,) label numbers."""
        if self.threshold is None:
            return self.scores.argmax(1)
        return (self.scores[:, 1] >= self.threshold.value).astype(int)


def answers(
    data: DataSet, targets: np.ndarray, scores: np.ndarray, threshold: Threshold | None = None
) -> Answers:
    """A model's scores as answers; where many labels hold at once, those about the data set's readout."""
    if data.task == "single_label":
        return Answers(data.labels, targets, scores, None)
    labels = data.labels
    if data.task == "multi_label":
        number = data.readout_number  # type: ignore[attr-defined]
        labels, targets, positive = (
            ("other", labels[number].lower()),
            targets[:, number],
            scores[:, number],
        )
    else:
        positive = binary_scores.probability(scores)
    pair = np.stack([1 - positive, positive], axis=1)
    return Answers(labels, targets.astype(int), pair, threshold or Threshold())


def choose_threshold(
    experiment: Experiment, targets: np.ndarray, scores: np.ndarray
) -> Threshold | None:
    """The threshold that the fit asks for, from the validation examples; None where no label is the positive one."""
    goal = experiment.fit.threshold
    if experiment.data.task == "single_label":
        return None
    if goal == "half":
        return Threshold()
    validated = answers(experiment.data, targets, scores)
    value = binary_scores.best_threshold(validated.truth, validated.scores[:, 1], goal)
    return Threshold(value, f"{goal.replace('_', ' ')} on validation")


def measure(
    data: DataSet,
    given: Answers,
    targets: np.ndarray,
    scores: np.ndarray,
    clips: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything that scores.json holds but the stamp; where examples are windows, also scores of clips."""
    if given.threshold is None:
        found = single_label(given.truth, given.scores, given.labels)
        if clips:
            whole = by_clip(clips, given)
            found["clips"] = {
                "n": len(whole.truth),
                **single_label(whole.truth, whole.scores, whole.labels),
            }
            found |= of_windows(clips, given)
        return found
    threshold = given.threshold
    found = binary_scores.binary(
        given.truth, given.scores[:, 1], given.labels, threshold.value, threshold.chosen
    )
    if data.task == "multi_label":
        found["tags"] = multi_label_scores.multi_label(targets, scores, data.labels)
    return found


def by_clip(clips: Sequence[str], windows: Answers) -> Answers:
    """The mean of each clip's window scores, in the order of sorted(set(clips)); `clips` has one name a window."""
    names, first, each = np.unique(np.array(clips), return_index=True, return_inverse=True)
    sums = np.zeros((len(names), windows.scores.shape[1]))
    np.add.at(sums, each, windows.scores)
    means = sums / np.bincount(each)[:, None]
    return Answers(windows.labels, windows.truth[first], means.astype(windows.scores.dtype), None)


def predictions(ids: tuple[str, ...], given: Answers) -> pd.DataFrame:
    """A row an example: id, truth, prediction and every label's score."""
    named = np.array(given.labels)
    return pd.DataFrame(
        {
            "id": ids,
            "truth": named[given.truth],
            "prediction": named[given.guess],
            **{label: given.scores[:, number] for number, label in enumerate(given.labels)},
        }
    )


def titles(scores: dict[str, Any]) -> dict[str, str]:
    """The keys of the summary scores, the most telling first, and how a person calls them."""
    if "left_out" in scores:
        return tag_scores.TITLES
    return binary_scores.TITLES if "majority" in scores else TITLES


def lines(scores: dict[str, Any]) -> list[str]:
    """The summary scores as a person reads them, one a line; beside each, what answering alike always would give."""
    found = [_line(scores, key, title) for key, title in titles(scores).items()]
    if "clips" in scores:
        found = [f"windows: {line}" for line in found] + [
            f"clips: {line}" for line in lines(scores["clips"])
        ]
    if "tags" in scores:
        found += [
            _line(scores["tags"], key, title) for key, title in multi_label_scores.TITLES.items()
        ]
    return found


def _line(scores: dict[str, Any], key: str, title: str) -> str:
    constant = scores.get("majority", {}).get(key)
    beside = "" if constant is None else f"; always the same: {constant:.3f}"
    return f"{title:9} {Score(**scores[key])}  ({scores[key]['interval']}{beside})"
