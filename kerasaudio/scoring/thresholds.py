"""Probabilities from which on an answer is yes, chosen on validation examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from kerasaudio.experiment import FalseAlarms
from kerasaudio.scoring.ranking import Ranking
from kerasaudio.scoring.samples import OneLabel
from kerasaudio.scoring.scores import Threshold

Goal = str | FalseAlarms  # "half", "best_accuracy", "best_f1" or a number of false alarms


@dataclass(frozen=True)
class LabelThreshold:
    """The threshold of one label, and what it gives on the validation examples.

    Args:
        value: The probability; above 1 where the best answer is always no.
        chosen: How it was chosen, in words.
        precision: Share of right answers among all yes.
        recall: Share of the label's examples that are found.
        f1: The harmonic mean of the two.
        false_alarms_per_hour: Wrong yes an hour of sound, or `None` where examples are no sound.
        n: Number of validation examples that have the label.
    """

    value: float
    chosen: str
    precision: float
    recall: float
    f1: float
    false_alarms_per_hour: float | None
    n: int


class NoThreshold:
    """A kind of scoring whose metrics need no threshold of a yes; see `scoring.tasks.Scoring`."""

    def choose_threshold(
        self,
        y_true: np.ndarray,
        probabilities: np.ndarray,
        goal: Goal,
        hours: float | None = None,
    ) -> Threshold | None:
        """Returns `None`."""
        return None


def choose(
    y_true: np.ndarray, probability: np.ndarray, goal: Goal, hours: float | None = None
) -> float:
    """Returns the threshold that serves a goal best.

    Args:
        y_true: 0 or 1, of shape `(examples,)`.
        probability: Probability of a 1, of shape `(examples,)`.
        goal: "half" is 0.5; "best_accuracy" and "best_f1" give the highest value; `FalseAlarms` the
            highest recall with no more false alarms than wanted.
        hours: Length of all examples. Only `FalseAlarms` needs it.

    Returns:
        0.5, or the middle between two probabilities that occur; above 1 where the best answer is
        always no.
    """
    if goal == "half":
        return 0.5
    ranking = Ranking.of(y_true, probability)
    once = np.ones(len(y_true), np.int64)
    hits, alarms = (counts.cumsum() for counts in ranking.counts(once))
    misses = y_true.sum() - hits
    levels = np.concatenate([[2.0], probability[ranking.order][ranking.steps], [0.0]])
    if isinstance(goal, FalseAlarms):
        assert hours is not None
        best = np.searchsorted(alarms, goal.per_hour * hours, side="right")
    elif goal == "best_accuracy":
        best = np.argmax(np.append(0, hits - alarms))
    else:
        best = np.argmax(np.append(0.0, 2 * hits / (2 * hits + alarms + misses)))
    return float((levels[best] + levels[best + 1]) / 2)


def chosen(sample: OneLabel, goal: Goal, hours: float | None = None) -> Threshold:
    """Returns the threshold of a yes that validation answers choose; see `choose`.

    Args:
        sample: Answers about the validation examples.
        goal: See `choose`.
        hours: See `choose`.
    """
    if goal == "half":
        return Threshold()
    value = choose(sample.y_true, sample.probabilities[:, 1], goal, hours)
    return Threshold(value, in_words(goal))


def in_words(goal: Goal) -> str:
    """Returns how a threshold was chosen."""
    return f"{str(goal).replace('_', ' ')} on validation"


def label_threshold(
    y_true: np.ndarray, probability: np.ndarray, goal: Goal, hours: float | None = None
) -> LabelThreshold:
    """Returns the threshold of one label with what it gives; see `choose` for the arguments."""
    value = choose(y_true, probability, goal, hours)
    answers = probability >= value
    precision, recall, f1, _ = precision_recall_fscore_support(
        y_true, answers, average="binary", zero_division=0
    )
    alarms = int((answers & (y_true == 0)).sum())
    return LabelThreshold(
        value,
        in_words(goal),
        float(precision),
        float(recall),
        float(f1),
        alarms / hours if hours else None,
        int(y_true.sum()),
    )


def label_thresholds(
    labels: tuple[str, ...],
    y_true: np.ndarray,
    probabilities: np.ndarray,
    goal: Goal,
    hours: float | None = None,
) -> dict[str, LabelThreshold]:
    """Returns the threshold of each label that occurs, seen as a yes-or-no question of its own.

    Args:
        labels: The labels.
        y_true: Label numbers of shape `(examples,)`, or 0 and 1 of shape `(examples, labels)`.
        probabilities: The model's output, of shape `(examples, labels)`.
        goal: See `choose`.
        hours: See `choose`.
    """
    held = y_true > 0 if y_true.ndim == 2 else y_true[:, None] == np.arange(len(labels))
    return {
        label: label_threshold(held[:, at].astype(int), probabilities[:, at], goal, hours)
        for at, label in enumerate(labels)
        if held[:, at].any()
    }
