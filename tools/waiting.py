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
        self.batches, self.seconds = batches, 0.0

    def __iter__(self) -> Iterator[Any]:
        batches = iter(self.batches)
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self.seconds += time.perf_counter() - started
            if batch is None:
                return
            yield batch


def share(model: keras.Model, batches: tf.data.Dataset) -> tuple[float, float]:
    """Train on every batch, the first once before the clock runs: the share spent waiting, and all seconds."""
    model.train_on_batch(*next(iter(batches)))
    waited, started = Waiting(batches), time.perf_counter()
    for inputs, targets in waited:
        model.train_on_batch(inputs, targets)
    total = time.perf_counter() - started
    return waited.seconds / total, total
