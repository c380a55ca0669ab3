"""What training tells of tags after every epoch: exact enough to steer by, but no score of a run."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

LARGEST_LOGIT = 16.0
NARROWEST = 1e-7  # distance of a score from 0 and 1, about LARGEST_LOGIT


@keras.saving.register_keras_serializable("kerasaudio")
class MacroAUC(keras.metrics.Metric):
    """Mean ROC-AUC of the labels that have positives and negatives; others are left out.

    Scores are counted on evenly spaced steps of their logits; two on one step count as equal.
    """

    def __init__(self, labels: int, steps: int = 1600, **options: Any) -> None:
        super().__init__(**options)
        self.labels, self.steps = labels, steps
        self.counts = self.add_variable((labels * steps, 2), initializer="zeros", name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """0 and 1 (batch, labels) against scores (batch, labels)."""
        scores = ops.clip(ops.cast(y_pred, "float32"), NARROWEST, 1 - NARROWEST)
        logits = ops.log(scores) - ops.log1p(-scores)
        place = (logits / LARGEST_LOGIT + 1) / 2 * self.steps
        step = ops.cast(ops.clip(ops.floor(place), 0, self.steps - 1), "int32")
        truth = ops.cast(y_true, "float32")
        sides = ops.reshape(ops.stack([truth, 1 - truth], axis=-1), (-1, 2))
        cell = ops.reshape(step + self.steps * ops.arange(self.labels, dtype="int32"), (-1,))
        self.counts.assign_add(ops.segment_sum(sides, cell, num_segments=self.labels * self.steps))

    def result(self) -> Any:
        """The mean so far, 0 before any label can be rated."""
        counts = ops.reshape(self.counts.value, (self.labels, self.steps, 2))
        totals = ops.sum(counts, axis=1)
        share = counts / ops.maximum(totals, 1)[:, None]
        below = ops.cumsum(share[..., 1], axis=1) - share[..., 1] / 2
        rated = ops.cast(ops.min(totals, axis=-1) > 0, "float32")
        return ops.sum(ops.sum(share[..., 0] * below, axis=1) * rated) / ops.maximum(
            ops.sum(rated), 1
        )

    def get_config(self) -> dict[str, Any]:
        """Everything that __init__ takes."""
        return super().get_config() | {"labels": self.labels, "steps": self.steps}


@keras.saving.register_keras_serializable("kerasaudio")
class FirstTagAccuracy(keras.metrics.Mean):
    """Of the clips with tags, the share whose highest score is that of the first, as the courses counted."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """0 and 1 (batch, labels) against scores (batch, labels)."""
        right = ops.argmax(y_pred, axis=-1) == ops.argmax(y_true, axis=-1)
        tagged = ops.any(y_true > 0, axis=-1)
        super().update_state(ops.cast(right, "float32"), ops.cast(tagged, "float32"))
