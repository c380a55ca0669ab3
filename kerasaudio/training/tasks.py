"""How each kind of task is trained: the one place where training asks what kind it is."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from kerasaudio.errors import UserError
from kerasaudio.experiment import (
    Binary,
    CrossEntropy,
    Frames,
    MultiLabel,
    OnsetsFirst,
    SingleLabel,
    SoftmaxTwice,
    TargetFirst,
    Task,
    WeightedBinary,
)
from kerasaudio.experiment.values import Loss
from kerasaudio.training.losses import (
    OnsetWeightedCrossentropy,
    SecondSoftmaxCrossentropy,
    TargetFirstCrossentropy,
    WeightedBinaryCrossentropy,
)
from kerasaudio.training.metrics import FirstTagAccuracy, MacroAUC, TargetAccuracy


@dataclass(frozen=True)
class Head:
    """What turns a network's logits into a model that can be trained.

    Args:
        activation: Layer from logits to probabilities, both `(batch, labels)`.
        loss: What is minimized.
        metrics: What is told after each epoch.
    """

    activation: keras.Layer
    loss: keras.losses.Loss
    metrics: list[keras.metrics.Metric]


def head(task: Task, labels: tuple[str, ...], loss: Loss) -> Head:
    """Returns the activation, the loss and the metrics of a task.

    Args:
        task: The task.
        labels: The labels, in the order of the logits.
        loss: The loss that the fit asks for.

    Raises:
        UserError: If the loss does not suit the task.
    """
    match task, loss:
        case ((SingleLabel() | Binary()), CrossEntropy()):
            return Head(_softmax(), keras.losses.SparseCategoricalCrossentropy(), [_accuracy()])
        case ((SingleLabel() | Binary()), SoftmaxTwice()):
            return Head(_softmax(), SecondSoftmaxCrossentropy(), [_accuracy()])
        case ((SingleLabel() | Binary()), WeightedBinary(weights)):
            if len(weights) != len(labels):
                raise UserError(
                    f"fit.loss.positive_weights has {len(weights)} weights for {len(labels)} "
                    "labels: expected one for each."
                )
            return Head(_sigmoid(), WeightedBinaryCrossentropy(weights), [_accuracy()])
        case MultiLabel(target=None), CrossEntropy():
            metrics = [FirstTagAccuracy(name="accuracy"), MacroAUC(len(labels), name="auc")]
            return Head(_sigmoid(), keras.losses.BinaryCrossentropy(), metrics)
        case MultiLabel(target=str(target)), CrossEntropy():
            metrics = [TargetAccuracy(labels.index(target), name="accuracy")]
            return Head(_sigmoid(), keras.losses.BinaryCrossentropy(), metrics)
        case MultiLabel(target=str(target)), TargetFirst(others):
            number = labels.index(target)
            metrics = [TargetAccuracy(number, name="accuracy")]
            return Head(_sigmoid(), TargetFirstCrossentropy(number, others), metrics)
        case Frames(), CrossEntropy():
            return Head(_sigmoid(), keras.losses.BinaryCrossentropy(), [_frame_accuracy()])
        case Frames(seconds), OnsetsFirst(milliseconds, weight):
            frames = max(1, round(milliseconds / 1000 / seconds))
            return Head(_sigmoid(), OnsetWeightedCrossentropy(frames, weight), [_frame_accuracy()])
    raise UserError(
        f"fit.loss={type(loss).__name__} does not suit a task of the kind {type(task).__name__}: "
        "TargetFirst needs a data set of many labels with a target, such as AudioSetTags; "
        "WeightedBinary and SoftmaxTwice need one label an example, OnsetsFirst labels of frames."
    )


def default_objective(task: Task) -> str:
    """Returns the column of the history that a search selects on by default."""
    return "val_auc" if task == MultiLabel() else "val_accuracy"


def _softmax() -> keras.Layer:
    return keras.layers.Softmax(name="scores", dtype="float32")


def _sigmoid() -> keras.Layer:
    return keras.layers.Activation("sigmoid", name="scores", dtype="float32")


def _accuracy() -> keras.metrics.Metric:
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


def _frame_accuracy() -> keras.metrics.Metric:
    return keras.metrics.BinaryAccuracy(name="accuracy")
