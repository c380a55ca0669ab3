"""Weights of training examples by their labels: `fit.class_weights`."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, Frames, MultiLabel, TargetFirst
from kerasaudio.training.losses import LabelwiseCrossentropy


def check_weights(experiment: Experiment) -> None:
    """Checks that there is a weight for each label, if there are any.

    Raises:
        UserError: If there are more or fewer, or if the labels are those of frames.
    """
    weights, labels = experiment.fit.class_weights, experiment.data.labels
    weighs = weights is not None or experiment.fit.sampling != "all"
    if weighs and isinstance(experiment.data.task, Frames):
        raise UserError(
            "fit.class_weights and fit.sampling are for labels of examples, not of frames: leave "
            "them out."
        )
    if isinstance(weights, tuple) and len(weights) != len(labels):
        raise UserError(
            f"fit.class_weights has {len(weights)} values for {len(labels)} labels: expected one "
            f"for each of {', '.join(labels)}."
        )


def weighable(experiment: Experiment, loss: keras.losses.Loss) -> keras.losses.Loss:
    """Returns the loss in a form that takes the weights of the experiment's labels.

    Args:
        experiment: The experiment.
        loss: Its loss.
    """
    data, fit = experiment.data, experiment.fit
    if fit.class_weights is None or not isinstance(data.task, MultiLabel):
        return loss
    factors = np.ones(len(data.labels), np.float64)
    if isinstance(fit.loss, TargetFirst):  # a sum over the labels, where the others have a mean
        factors *= [1 if label == data.task.target else fit.loss.others for label in data.labels]
        factors *= len(factors)
    return LabelwiseCrossentropy(factors.tolist(), name=loss.name)


def weighted(batches: tf.data.Dataset, experiment: Experiment, train: Examples) -> tf.data.Dataset:
    """Returns training batches with the weights of their examples, if the fit has any.

    Args:
        batches: Batches of inputs and targets.
        experiment: The experiment.
        train: All training examples.

    Returns:
        Dataset of `(inputs, targets, weights)`; weights have the shape of the targets.
    """
    weights = experiment.fit.class_weights
    if weights is None:
        return batches
    targets = train.targets
    if targets.ndim == 2:
        yes, no = (on_host(each.astype(np.float32)) for each in _two_sides(weights, targets))
        return batches.map(lambda inputs, y: (inputs, y, tf.where(y > 0, yes, no)))
    chosen = _balanced(targets) if weights == "balanced" else weights
    by_label = on_host(np.array(chosen, np.float32))
    return batches.map(lambda inputs, y: (inputs, y, tf.gather(by_label, y)))


def _balanced(targets: np.ndarray) -> np.ndarray:
    """As scikit-learn: the number of examples over that of the labels and of the label's own."""
    counts = np.bincount(targets)
    return len(targets) / ((counts > 0).sum() * np.maximum(counts, 1))


def _two_sides(
    weights: str | tuple[float, ...], targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the examples with and without each label."""
    if weights != "balanced":
        return np.array(weights), np.ones(len(weights))
    n, counts = len(targets), (targets > 0).sum(axis=0)
    return n / (2 * np.maximum(counts, 1)), n / (2 * np.maximum(n - counts, 1))
