"""How much of a training's time goes by waiting for batches."""

from __future__ import annotations

import statistics
import time

import keras
import tensorflow as tf

ROUNDS = 3


def share(model: keras.Model, batches: tf.data.Dataset, steps: int, epochs: int) -> tuple[float, float]:
    """The share of `fit` that is not there when every batch is, and the seconds of all epochs with `batches`.

    The other training sees one batch over and over, which is in memory; rounds take turns, medians count.
    """
    held = tf.data.Dataset.from_tensors(next(iter(batches))).repeat()
    model.fit(held, steps_per_epoch=1, verbose=0)
    clock: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for seconds, source in zip(clock, (batches, held), strict=True):
            started = time.perf_counter()
            model.fit(source, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=0)
            seconds.append(time.perf_counter() - started)
    waited, ideal = map(statistics.median, clock)
    return 1 - ideal / waited, waited
