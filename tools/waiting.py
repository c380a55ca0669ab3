"""How much of a training's time goes by until a batch is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf


class Waiting:
    """Iterates over batches and adds up how long each took to come."""

    def __init__(self, batches: tf.data.Dataset) -> None:
        self.batches, self.seconds, self.count = batches, 0.0, 0

    def __iter__(self) -> Iterator[Any]:
        batches = iter(self.batches)
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self.seconds += time.perf_counter() - started
            if batch is None:
                return
            self.count += 1
            yield batch


def share(model: keras.Model, batches: tf.data.Dataset, steps: int) -> tuple[float, float]:
    """Train on every batch, on an epoch of `steps` before the clock runs: the share spent waiting, and all seconds.

    What it takes to fetch a batch that is in memory already is no waiting: it is measured, and subtracted.
    """
    for inputs, targets in batches.take(steps):
        model.train_on_batch(inputs, targets)
    waited, started = Waiting(batches), time.perf_counter()
    for inputs, targets in waited:
        model.train_on_batch(inputs, targets)
    total = time.perf_counter() - started
    fetched = Waiting(tf.data.Dataset.from_tensors((inputs, targets)).repeat(waited.count))
    for _ in fetched:
        pass
    return (waited.seconds - fetched.seconds) / total, total
