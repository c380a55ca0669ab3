"""Scores and predictions where an example can have any number of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kerasaudio.experiment import Examples
from kerasaudio.scoring.bootstrap import measure, units
from kerasaudio.scoring.intervals import TAILS, resampled
from kerasaudio.scoring.metrics import BESIDE_A_TARGET, BINARY, MULTI_LABEL, Metric, d_prime
from kerasaudio.scoring.one_label import predictions
from kerasaudio.scoring.samples import ManyLabels, OneLabel
from kerasaudio.scoring.scores import Scores, Threshold
from kerasaudio.scoring.thresholds import Goal, NoThreshold, chosen
from kerasaudio.scoring.yes_or_no import binary_sample, binary_scores

RESAMPLES = 200  # each label is ranked anew in each of them
FEW_RESAMPLES = 50  # enough for the hundreds of labels beside a target
SHOWN = 6  # examples at either end, and labels that are shown of each


@dataclass(frozen=True)
class MultiLabelScoring(NoThreshold):
    """Scores all labels alike.

    Args:
        labels: The labels, in the order of the model's outputs.
    """

    labels: tuple[str, ...]

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name."""
        return MULTI_LABEL

    def epoch_sample(self, y_true: np.ndarray, probabilities: np.ndarray) -> ManyLabels:
        """Returns the answers after an epoch, for metrics that a fit watches."""
        return ManyLabels(y_true, probabilities)

    def score(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> Scores:
        """Returns the scores of a split; see `Scoring`."""
        sample = ManyLabels(examples.targets, probabilities)
        order = np.argsort(sample.losses, kind="stable")
        return replace(
            all_label_scores(sample, self.labels, MULTI_LABEL, RESAMPLES, examples.clips),
            best=[self._shown(examples.ids[row], sample, row) for row in order[:SHOWN]],
            worst=[self._shown(examples.ids[row], sample, row) for row in order[::-1][:SHOWN]],
        )

    def _shown(self, name: str, sample: ManyLabels, row: int) -> dict[str, Any]:
        highest = np.argsort(-sample.probabilities[row], kind="stable")[:SHOWN]
        return {
            "id": name,
            "loss": float(sample.losses[row]),
            "tags": [self.labels[number] for number in np.flatnonzero(sample.y_true[row])],
            "highest": {
                self.labels[number]: float(sample.probabilities[row, number]) for number in highest
            },
        }

    def tables(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> dict[str, pd.DataFrame]:
        """Returns predictions by file name: labels, loss and every label's probability."""
        sample = ManyLabels(examples.targets, probabilities)
        held = [
            ", ".join(self.labels[number] for number in np.flatnonzero(row))
            for row in examples.targets
        ]
        first = pd.DataFrame({"id": examples.ids, "truth": held, "loss": sample.losses})
        each = pd.DataFrame(probabilities, columns=list(self.labels))
        return {"predictions.csv": pd.concat([first, each], axis=1)}


@dataclass(frozen=True)
class TargetScoring:
    """Scores one of many labels as a yes-or-no question, and all labels beside it.

    Args:
        labels: The labels, in the order of the model's outputs.
        target: The label that is the question.
    """

    labels: tuple[str, ...]
    target: str

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name."""
        return BINARY

    @property
    def pair(self) -> tuple[str, str]:
        """Names of the negative and the positive answer."""
        return ("other", self.target.lower())

    def epoch_sample(self, y_true: np.ndarray, probabilities: np.ndarray) -> OneLabel:
        """Returns the answers after an epoch, for metrics that a fit watches."""
        return self._sample(y_true, probabilities, Threshold())

    def choose_threshold(
        self,
        y_true: np.ndarray,
        probabilities: np.ndarray,
        goal: Goal,
        hours: float | None = None,
    ) -> Threshold | None:
        """Returns the threshold that a fit asks for; see `BinaryScoring.choose_threshold`."""
        return chosen(self._sample(y_true, probabilities, Threshold()), goal, hours)

    def score(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> Scores:
        """Returns the scores of a split; see `Scoring`."""
        threshold = threshold or Threshold()
        sample = self._sample(examples.targets, probabilities, threshold)
        every = ManyLabels(examples.targets, probabilities)
        return replace(
            binary_scores(sample, self.pair, threshold, examples.clips),
            all_labels=all_label_scores(
                every, self.labels, BESIDE_A_TARGET, FEW_RESAMPLES, examples.clips
            ),
        )

    def tables(
        self, examples: Examples, probabilities: np.ndarray, threshold: Threshold | None = None
    ) -> dict[str, pd.DataFrame]:
        """Returns the predictions about the target by file name."""
        sample = self._sample(examples.targets, probabilities, threshold or Threshold())
        return {"predictions.csv": predictions(examples.ids, sample, self.pair)}

    def _sample(
        self, y_true: np.ndarray, probabilities: np.ndarray, threshold: Threshold
    ) -> OneLabel:
        number = self.labels.index(self.target)
        return binary_sample(y_true[:, number], probabilities[:, number], threshold)


def all_label_scores(
    sample: ManyLabels,
    labels: tuple[str, ...],
    metrics: Mapping[str, Metric],
    resamples: int,
    clips: tuple[str, ...] = (),
) -> Scores:
    """Returns the means over all labels and the figures of each label.

    Args:
        sample: The answers.
        labels: The labels.
        metrics: The metrics by name.
        resamples: Number of bootstrap resamples of the rankings.
        clips: Clip of each example, where examples are windows.
    """
    rated = sample.rated.tolist()
    shares = np.broadcast_to(sample.positives / len(sample), sample.y_true.shape)
    unit = units(clips, len(sample))
    drawn = resampled(
        lambda counts: sample.resample(counts[:, unit]).areas,
        int(unit.max()) + 1,
        resamples,
        size=len(sample),
    )
    ranked = replace(sample, known_areas=drawn)
    precisions, areas = sample.areas
    return Scores(
        unit="windows" if clips else "clips",
        n=len(sample),
        metrics=measure(metrics, sample, ManyLabels(sample.y_true, shares), clips, ranked),
        labels={
            labels[number]: {
                "average_precision": float(precisions[row]),
                "average_precision_interval": _within(drawn[0, row]),
                "roc_auc": float(areas[row]),
                "roc_auc_interval": _within(drawn[1, row]),
                "d_prime": float(d_prime(areas[row])),
                "n": int(sample.positives[number]),
            }
            for row, number in enumerate(rated)
        },
        left_out=tuple(label for number, label in enumerate(labels) if number not in set(rated)),
    )


def _within(drawn: np.ndarray) -> list[float]:
    return np.nanquantile(drawn, TAILS).tolist()
