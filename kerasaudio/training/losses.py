"""Keras losses of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor, ops


@keras.saving.register_keras_serializable("kerasaudio")
class SecondSoftmaxCrossentropy(keras.losses.Loss):
    """Cross-entropy of the softmax of what is a softmax already; see `SoftmaxTwice`."""

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """(batch,) label numbers and (batch, labels) probabilities -> (batch,)."""
        hot = ops.one_hot(ops.reshape(y_true, (-1,)), y_pred.shape[-1])
        return -ops.sum(hot * ops.log_softmax(y_pred, axis=-1), axis=-1)


@keras.saving.register_keras_serializable("kerasaudio")
class WeightedBinaryCrossentropy(keras.losses.Loss):
    """Binary cross-entropy of one sigmoid a label, with a weight for the examples of each label.

    Args:
        positive_weights: A weight for each label.
        **options: Options of `keras.losses.Loss`.
    """

    def __init__(self, positive_weights: Sequence[float], **options: Any) -> None:
        super().__init__(**options)
        self.positive_weights = list(positive_weights)

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """(batch,) label numbers and (batch, labels) sigmoids -> (batch,) means over the labels."""
        hot = ops.one_hot(ops.reshape(y_true, (-1,)), len(self.positive_weights))
        weights = 1 + (ops.convert_to_tensor(self.positive_weights, hot.dtype) - 1) * hot
        return ops.mean(ops.binary_crossentropy(hot, y_pred) * weights, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns everything that `__init__` takes."""
        return super().get_config() | {"positive_weights": self.positive_weights}


@keras.saving.register_keras_serializable("kerasaudio")
class TargetFirstCrossentropy(keras.losses.Loss):
    """Binary cross-entropy of the target label plus a share of that of all other labels.

    Args:
        target: Number of the target label.
        others: Factor of the sum of the other labels' cross-entropies.
        **options: Options of `keras.losses.Loss`.
    """

    def __init__(self, target: int, others: float, **options: Any) -> None:
        super().__init__(**options)
        self.target, self.others = target, others

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """(batch, labels) of 0 and 1 and (batch, labels) sigmoids -> (batch,)."""
        each = ops.binary_crossentropy(ops.cast(y_true, y_pred.dtype), y_pred)
        target = each[:, self.target]
        return target + self.others * (ops.sum(each, axis=-1) - target)

    def get_config(self) -> dict[str, Any]:
        """Returns everything that `__init__` takes."""
        return super().get_config() | {"target": self.target, "others": self.others}


@keras.saving.register_keras_serializable("kerasaudio")
class OnsetWeightedCrossentropy(keras.losses.Loss):
    """Binary cross-entropy of frames, with a weight for those in which a label has just begun.

    Args:
        frames: Number of frames for which it has just begun.
        weight: Weight of these frames; all others have 1.
        **options: Options of `keras.losses.Loss`.
    """

    def __init__(self, frames: int, weight: float, **options: Any) -> None:
        super().__init__(**options)
        self.frames, self.weight = frames, weight

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """(batch, frames, labels) of 0 and 1 and of sigmoids -> (batch, frames)."""
        truth = ops.cast(y_true, y_pred.dtype)
        before = ops.pad(truth, [[0, 0], [self.frames, 0], [0, 0]])[:, :-1]
        begun = truth * ops.max_pool(1 - before, self.frames, strides=1)
        weights = 1 + (self.weight - 1) * begun
        return ops.mean(ops.binary_crossentropy(truth, y_pred) * weights, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns everything that `__init__` takes."""
        return super().get_config() | {"frames": self.frames, "weight": self.weight}


@keras.saving.register_keras_serializable("kerasaudio")
class LabelwiseCrossentropy(keras.losses.Loss):
    """Binary cross-entropy that can be weighted label by label.

    Without sample weights it is the mean over examples and labels.

    Args:
        factors: Factor of the cross-entropy of each label.
        **options: Options of `keras.losses.Loss`.
    """

    def __init__(self, factors: Sequence[float], **options: Any) -> None:
        super().__init__(**options)
        self.factors = list(factors)

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """(batch, labels) of 0 and 1 and (batch, labels) sigmoids -> (batch, labels)."""
        each = ops.binary_crossentropy(ops.cast(y_true, y_pred.dtype), y_pred)
        return each * ops.convert_to_tensor(self.factors, each.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns everything that `__init__` takes."""
        return super().get_config() | {"factors": self.factors}
