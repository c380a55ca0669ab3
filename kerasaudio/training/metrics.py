"""Keras metrics of our own, computed while a model trains."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor, ops

LARGEST_LOGIT = 16.0
NARROWEST = 1e-7  # distance of a probability from 0 and 1, about LARGEST_LOGIT


@keras.saving.register_keras_serializable("kerasaudio")
class MacroAUC(keras.metrics.Metric):
    """Mean ROC-AUC of the labels that have both positives and negatives.

    Probabilities are counted on evenly spaced steps of their logits; two on one step count as
    equal. That is exact enough to steer by; the scores of a run are computed exactly.

    Args:
        labels: Number of labels.
        steps: Number of steps between the smallest and the largest logit.
        **options: Options of `keras.metrics.Metric`.
    """

    def __init__(self, labels: int, steps: int = 1600, **options: Any) -> None:
        super().__init__(**options)
        self.labels, self.steps = labels, steps
        self.counts = self.add_variable((labels * steps, 2), initializer="zeros", name="counts")

    def update_state(
        self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor | None = None
    ) -> None:
        """(batch, labels) of 0 and 1 and (batch, labels) probabilities -> nothing; they count."""
        each = ops.clip(ops.cast(y_pred, "float32"), NARROWEST, 1 - NARROWEST)
        logits = ops.log(each) - ops.log1p(-each)
        place = (logits / LARGEST_LOGIT + 1) / 2 * self.steps
        step = ops.cast(ops.clip(ops.floor(place), 0, self.steps - 1), "int32")
        truth = ops.cast(y_true, "float32")
        sides = ops.reshape(ops.stack([truth, 1 - truth], axis=-1), (-1, 2))
        cell = ops.reshape(step + self.steps * ops.arange(self.labels, dtype="int32"), (-1,))
        found = ops.segment_sum(sides, cell, num_segments=self.labels * self.steps)
        self.counts.assign_add(found)

    def result(self) -> KerasTensor:
        """Returns the mean so far; 0 before any label can be rated."""
        counts = ops.reshape(self.counts.value, (self.labels, self.steps, 2))
        totals = ops.sum(counts, axis=1)
        share = counts / ops.maximum(totals, 1)[:, None]
        below = ops.cumsum(share[..., 1], axis=1) - share[..., 1] / 2
        rated = ops.cast(ops.min(totals, axis=-1) > 0, "float32")
        areas = ops.sum(share[..., 0] * below, axis=1)
        return ops.sum(areas * rated) / ops.maximum(ops.sum(rated), 1)

    def get_config(self) -> dict[str, Any]:
        """Returns everything that `__init__` takes."""
        return super().get_config() | {"labels": self.labels, "steps": self.steps}


@keras.saving.register_keras_serializable("kerasaudio")
class FirstTagAccuracy(keras.metrics.Mean):
    """Share of the clips with tags whose highest probability is that of their first tag."""

    def update_state(
        self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor | None = None
    ) -> None:
        """(batch, labels) of 0 and 1 and (batch, labels) probabilities -> nothing; they count."""
        right = ops.argmax(y_pred, axis=-1) == ops.argmax(y_true, axis=-1)
        tagged = ops.any(y_true > 0, axis=-1)
        super().update_state(ops.cast(right, "float32"), ops.cast(tagged, "float32"))


@keras.saving.register_keras_serializable("kerasaudio")
class TargetAccuracy(keras.metrics.Mean):
    """Share of right answers about one of many labels.

    Args:
        target: Number of that label.
        **options: Options of `keras.metrics.Mean`.
    """

    def __init__(self, target: int, **options: Any) -> None:
        super().__init__(**options)
        self.target = target

    def update_state(
        self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor | None = None
    ) -> None:
        """(batch, labels) of 0 and 1 and (batch, labels) probabilities -> nothing; they count."""
        answer, truth = y_pred[:, self.target] > 0.5, y_true[:, self.target] > 0
        super().update_state(ops.cast(answer == truth, "float32"), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Returns everything that `__init__` takes."""
        return super().get_config() | {"target": self.target}
