"""Fit a model into a run folder: progress, history, the weights to keep, and a state to resume from."""

from __future__ import annotations

import csv
import math
import os
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import keras

from kerasaudio import options
from kerasaudio.data.splits import Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import Fit
from kerasaudio.runs.runs import Run, write_text
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import behind

SAVE_SECONDS = 10  # a run that is killed loses at most this much


def fit(model: keras.Model, splits: Splits, settings: Fit, run: Run) -> list[dict[str, float]]:
    """Train, or go on training; the model ends with the weights of the epoch to keep. Returns the history's rows."""
    steps = pipeline.steps_per_epoch(splits.train, settings.batch_size)
    recorder = Recorder(run, settings, model)
    trained = behind(model, splits.train)
    first = recorder.resume(trained, steps)
    if first < settings.epochs and not recorder.stalled():
        with pipeline.reading():
            trained.fit(
                pipeline.training_batches(
                    splits.train, settings.batch_size, settings.seed, range(first, settings.epochs)
                ),
                validation_data=pipeline.batches(splits.valid, 512),
                initial_epoch=first,
                epochs=settings.epochs,
                steps_per_epoch=steps,
                shuffle=False,  # the batches are shuffled already
                verbose=0,
                callbacks=[
                    EpochSeeds(),
                    StopOnNaN(steps),
                    keras.callbacks.TensorBoard(run.path / "tensorboard", write_graph=False),
                    recorder,
                    Schedule(settings, recorder.rows),
                    Progress(first, settings.epochs, steps),
                ],
            )
    recorder.finish(trained)
    return recorder.rows


class Recorder(keras.callbacks.Callback):
    """Keeps history.csv and the best weights; saves them with the state of training every few seconds.

    What it saves is the whole model, of which the one that trains may be a part.
    """

    def __init__(self, run: Run, settings: Fit, whole: keras.Model) -> None:
        super().__init__()
        self.whole = whole
        self.run = run
        self.settings = settings
        self.rows: list[dict[str, float]] = []
        self.best: list[Any] | None = None  # weights, where they are newer than best.keras
        self.saved = -math.inf

    def resume(self, model: keras.Model, steps: int) -> int:
        """Bring back the last saved state, if there is one; the number of epochs that it has behind it."""
        if not self.run.last_state.is_file():
            return 0
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self.run.last_state)
        done = int(model.optimizer.iterations) // steps
        self.rows = read_history(self.run.history)[:done]
        return done

    def stalled(self) -> bool:
        """Whether no epoch of the last `patience` ones was the best so far."""
        patience = self.settings.patience
        return (
            patience is not None
            and len(self.rows) - kept_epoch(self.rows, self.settings) >= patience
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.rows.append({"epoch": epoch + 1, **(logs or {})})
        if kept_epoch(self.rows, self.settings) == epoch + 1:
            self.best = self.model.get_weights()
        self.model.stop_training = self.stalled()
        if time.monotonic() - self.saved > SAVE_SECONDS:
            self.save(self.model)

    def save(self, model: keras.Model) -> None:
        """Best weights and history first, the state that counts on them last; each whole or not at all."""
        if self.best is not None:
            self._save_best(model)
        write_history(self.run.history, self.rows)
        partial = self.run.path / "partial.weights.h5"
        model.save_weights(partial, overwrite=True)
        os.replace(partial, self.run.last_state)
        self.saved = time.monotonic()

    def _save_best(self, model: keras.Model) -> None:
        current = model.get_weights()
        model.set_weights(self.best)
        save_model(self.whole, self.run.best_model)
        model.set_weights(current)
        self.best = None

    def finish(self, model: keras.Model) -> None:
        """Leave best.keras and the whole history, and the model with its best weights."""
        if self.best is not None:
            model.set_weights(self.best)
            save_model(self.whole, self.run.best_model)
        else:
            model.set_weights(load_model(self.run.best_model).get_weights())
        write_history(self.run.history, self.rows)


def kept_epoch(rows: list[dict[str, float]], settings: Fit) -> int:
    """The number of the epoch whose weights are kept; the earliest of equals, 0 before the first."""
    if not rows:
        return 0
    if settings.keep == "last":
        return len(rows)
    if settings.keep == "best_loss":
        return int(min(rows, key=lambda row: row["val_loss"])["epoch"])
    metric = settings.keep.replace("best", "val")
    return int(max(rows, key=lambda row: row[metric])["epoch"])


class EpochSeeds(keras.callbacks.Callback):
    """Dropout's masks in an epoch depend on the seed and the epoch's number alone, as its batches do.

    Keras does not save the state of a model's random generators with its weights.
    """

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for state in self.model.non_trainable_variables:
            if state.path.endswith("seed_generator_state"):
                state.assign([int(state[0]), epoch << 20])


class Schedule(keras.callbacks.Callback):
    """Sets each epoch's learning rate from the epochs before it, so that a resumed run goes on with the same."""

    def __init__(self, settings: Fit, rows: list[dict[str, float]]) -> None:
        super().__init__()
        self.settings = settings
        self.watched = getattr(settings.schedule, "watch", "loss")
        self.values = [row[self.watched] for row in rows]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.settings.schedule is not None:
            scale = self.settings.schedule.scale(self.values, self.settings.epochs)
            self.model.optimizer.learning_rate = self.settings.optimizer.learning_rate * scale

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.values.append(float((logs or {})[self.watched]))


class StopOnNaN(keras.callbacks.Callback):
    """Stops the run with a line that says where the loss stopped being a number."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise UserError(
                f"The loss became {loss} in epoch {self.epoch + 1}, step {batch + 1} of {self.steps}: "
                "expected a finite number; try a smaller fit.optimizer.learning_rate."
            )


class Progress(keras.callbacks.Callback):
    """A line an epoch; within an epoch, on a terminal, a line that is written over."""

    def __init__(self, first: int, epochs: int, steps: int) -> None:
        super().__init__()
        self.first, self.epochs, self.steps = first, epochs, steps
        self.started = self.shown = 0.0
        self.epoch = first

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.started = (
            self.started or time.monotonic()
        )  # the first step compiles: it says nothing of the others
        if sys.stdout.isatty() and time.monotonic() - self.shown > 0.5:
            self.shown = time.monotonic()
            print(
                f"\r{self._line(batch + 1, logs or {})}  step {batch + 1}/{self.steps}\033[K",
                end="",
                flush=True,
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        start, end = ("\r", "\033[K") if sys.stdout.isatty() else ("", "")
        print(f"{start}{self._line(self.steps, logs or {})}{end}", flush=True)

    def _line(self, step: int, logs: dict[str, Any]) -> str:
        total = (self.epochs - self.first) * self.steps
        done = (self.epoch - self.first) * self.steps + step
        left = (time.monotonic() - self.started) / max(done - 1, 1) * (total - done)
        values = "  ".join(f"{name} {float(value):.4f}" for name, value in logs.items())
        return f"epoch {self.epoch + 1:>{len(str(self.epochs))}}/{self.epochs}  {values}  {options.duration(left)} left"


def save_model(model: keras.Model, path: Path) -> None:
    """A .keras file, whole or not at all. Raises UserError where it can't be written."""
    partial = path.with_name(f"partial-{path.name}")
    try:
        model.save(partial)
        os.replace(partial, path)
    except OSError as error:
        raise UserError(
            f"{path} could not be written: {error.strerror or error}. Make room, or set --runs."
        ) from error


def load_model(path: Path) -> keras.Model:
    """A .keras file of ours. Raises UserError where it is missing or damaged; never runs code from it."""
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, OSError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(
            f"{path} could not be read as a Keras model ({reason}): train again."
        ) from error


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """history.csv: a row an epoch, numbers to the last bit."""
    lines = [",".join(rows[0])] + [",".join(repr(value) for value in row.values()) for row in rows]
    write_text(path, "\n".join(lines) + "\n")


def read_history(path: Path) -> list[dict[str, float]]:
    """The rows of a history.csv."""
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        return [
            {name: int(value) if name == "epoch" else float(value) for name, value in row.items()}
            for row in rows
        ]
