"""Measures which share of a training is spent waiting for batches."""

from __future__ import annotations

import time
from typing import NamedTuple

import keras
import tensorflow as tf


class Training(NamedTuple):
    """What training on some batches took, in seconds: until they came, and in all."""

    batches: int
    fetching: float
    whole: float


def share(model: keras.Model, batches: tf.data.Dataset, steps: int) -> tuple[float, float]:
    """Trains on every batch and returns the share of the time spent waiting, and all seconds.

    An epoch of `steps` is trained before the clock runs. To fetch a batch that is in memory takes
    time, too. That is no waiting: as many steps on one such batch tell its share, which is
    subtracted.
    """
    train(model, batches.take(steps))
    training = train(model, batches)
    ready = train(model, tf.data.Dataset.from_tensors(next(iter(batches))).repeat(training.batches))
    return training.fetching / training.whole - ready.fetching / ready.whole, training.whole


def train(model: keras.Model, batches: tf.data.Dataset) -> Training:
    """Train on every batch."""
    coming, count, fetching, started = iter(batches), 0, 0.0, time.perf_counter()
    while True:
        asked = time.perf_counter()
        batch = next(coming, None)
        fetching += time.perf_counter() - asked
        if batch is None:
            return Training(count, fetching, time.perf_counter() - started)
        count += 1
        model.train_on_batch(*batch)
