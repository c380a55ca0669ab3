"""How each kind of task is scored: the one place where scoring asks what kind it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from kerasaudio.experiment import Binary, Examples, Frames, MultiLabel, SingleLabel, Task
from kerasaudio.scoring.frames import FrameScoring
from kerasaudio.scoring.many_labels import MultiLabelScoring, TargetScoring
from kerasaudio.scoring.metrics import Metric
from kerasaudio.scoring.one_label import SingleLabelScoring
from kerasaudio.scoring.samples import Sample
from kerasaudio.scoring.scores import Scores, Threshold
from kerasaudio.scoring.thresholds import Goal
from kerasaudio.scoring.yes_or_no import BinaryScoring


class Scoring(Protocol):
    """Scores the probabilities that a model gives to examples of one kind of task."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name, the most telling first."""
        ...

    def epoch_sample(self, y_true: np.ndarray, probabilities: np.ndarray) -> Sample:
        """Returns the answers after an epoch, for metrics that a fit watches.

        Args:
            y_true: Targets, of shape `(examples, ...)`.
            probabilities: The model's output, of shape `(examples, labels)`.
        """
        ...

    def choose_threshold(
        self,
        y_true: np.ndarray,
        probabilities: np.ndarray,
        goal: Goal,
        hours: float | None = None,
    ) -> Threshold | None:
        """Returns the threshold of a yes that a fit asks for; `None` where there is none.

        Args:
            y_true: Targets of the validation examples, of shape `(examples, ...)`.
            probabilities: The model's output, of shape `(examples, labels)`.
            goal: See `thresholds.choose`.
            hours: Length of all examples together, for goals that count by the hour.
        """
        ...

    def score(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> Scores:
        """Returns the scores of a split.

        Args:
            examples: The split.
            probabilities: The model's output, of shape `(examples, labels)`.
            threshold: Probability from which on the answer is yes. `None` is one half.
        """
        ...

    def tables(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> dict[str, pd.DataFrame]:
        """Returns tables of predictions, by the name of the file that they go to.

        Args:
            examples: The split.
            probabilities: The model's output, of shape `(examples, labels)`.
            threshold: Probability from which on the answer is yes. `None` is one half.
        """
        ...


def scoring(task: Task, labels: tuple[str, ...]) -> Scoring:
    """Returns how a task is scored.

    Args:
        task: The task.
        labels: The data set's labels.
    """
    match task:
        case SingleLabel():
            return SingleLabelScoring(labels)
        case Binary():
            return BinaryScoring(labels)
        case MultiLabel(target):
            return TargetScoring(labels, target) if target else MultiLabelScoring(labels)
        case Frames():
            return FrameScoring(labels)


def target_of(task: Task) -> str | None:
    """Returns the label that is also scored on its own, or `None` if there is none."""
    match task:
        case MultiLabel(target):
            return target
    return None


def metrics_of(task: Task) -> Mapping[str, Metric]:
    """Returns the metrics of a task by name, the most telling first."""
    return scoring(task, ()).metrics
