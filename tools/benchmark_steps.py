#!/usr/bin/env python3
"""Measures an epoch of training: kerasaudio's, which runs several steps in a call, and Keras' own.

    python tools/benchmark_steps.py --data ROOT [--experiment audioset_speech:linear] [--epochs 6]

Both train the same network on the same batches and end with the same loss. They take turns; an
epoch's time ends where validation begins, and the first epoch, which compiles, does not count.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

import keras

from kerasaudio.experiment import Experiment, Splits
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble, trainable_part
from kerasaudio.training.callbacks import EpochSeeds
from kerasaudio.training.fit import fit
from kerasaudio.training.inference import BATCH
from kerasaudio.training.precompute import load_splits

TURNS = 3


class Seconds(keras.callbacks.Callback):
    """Keeps how long each epoch trained, without validation."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.perf_counter()

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        self.found.append(time.perf_counter() - self.started)


def ours(experiment: Experiment, splits: Splits) -> tuple[float, float]:
    """Median seconds of an epoch, and the last loss."""
    seconds = Seconds()
    rows = fit(assemble(experiment, splits.train), experiment, splits, callbacks=[seconds])
    return statistics.median(seconds.found[1:]), rows[-1]["loss"]


def from_keras(experiment: Experiment, splits: Splits) -> tuple[float, float]:
    """Median seconds of an epoch, and the last loss."""
    seconds, settings = Seconds(), experiment.fit
    epochs = range(settings.epochs)
    trained = trainable_part(assemble(experiment, splits.train), splits.train)
    history = trained.fit(
        pipeline.training_batches(splits.train, settings.batch_size, settings.seed, epochs),
        validation_data=pipeline.batches(splits.valid, BATCH),
        epochs=settings.epochs,
        steps_per_epoch=pipeline.steps_per_epoch(splits.train, settings.batch_size),
        verbose=0,
        callbacks=[EpochSeeds(), seconds],
    )
    return statistics.median(seconds.found[1:]), history.history["loss"][-1]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--experiment", default="audioset_speech:linear")
    options.add_argument("--epochs", type=int, default=6)
    chosen = options.parse_args()
    found = load(chosen.experiment).experiment
    experiment = replace(found, fit=replace(found.fit, epochs=chosen.epochs))
    splits = load_splits(experiment, chosen.data)
    for _ in range(TURNS):
        (fast, loss), (plain, same) = ours(experiment, splits), from_keras(experiment, splits)
        print(f"{fast:.3f} s an epoch, Keras {plain:.3f} s: {plain / fast:.2f} times", flush=True)
        assert loss == same, (loss, same)


if __name__ == "__main__":
    main()
