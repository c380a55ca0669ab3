"""Keras callbacks of a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras

from kerasaudio.data.progress import Progress, duration
from kerasaudio.experiment import Examples, Fit
from kerasaudio.scoring.metrics import Metric
from kerasaudio.scoring.tasks import Scoring
from kerasaudio.training import pipeline
from kerasaudio.training.checkpoint import Checkpoint
from kerasaudio.training.history import Row, kept_epoch

Logs = dict[str, float] | None


class EpochSeeds(keras.callbacks.Callback):
    """Seeds dropout and other random layers by the epoch's number, as its batches are.

    Keras does not save the state of random generators with the weights; with this, a resumed fit
    draws what it would have drawn.
    """

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        for state in self.model.non_trainable_variables:
            if state.path.endswith("seed_generator_state"):
                state.assign([int(state[0]), epoch << 20])


class Validation(keras.callbacks.Callback):
    """Adds loss and metrics of the validation examples to the history.

    Keras does that itself, but for the model alone that trains. Where training examples are changed
    before the layer that was precomputed for the validation examples, these need another part.

    Args:
        part: The part of the model that takes the validation examples, compiled.
        valid: The validation examples.
        batch_size: Examples in a batch.
    """

    def __init__(self, part: keras.Model, valid: Examples, batch_size: int) -> None:
        super().__init__()
        self.part, self.valid, self.batch_size = part, valid, batch_size

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        assert logs is not None
        batches = pipeline.batches(self.valid, self.batch_size)
        found = self.part.evaluate(batches, verbose=0, return_dict=True)
        logs.update({f"val_{name}": value for name, value in found.items()})


class WatchedMetrics(keras.callbacks.Callback):
    """Adds metrics that Keras does not compute to the history, from the validation examples.

    Args:
        names: Names of the metrics.
        part: The part of the model that takes the validation examples.
        valid: The validation examples.
        scoring: How the task is scored.
    """

    def __init__(
        self, names: Sequence[str], part: keras.Model, valid: Examples, scoring: Scoring
    ) -> None:
        super().__init__()
        self.names, self.part, self.valid, self.scoring = names, part, valid, scoring

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        assert logs is not None
        probabilities = self.part.predict(pipeline.batches(self.valid, 512), verbose=0)
        sample = self.scoring.epoch_sample(self.valid.targets, probabilities)
        for name in self.names:
            logs[f"val_{name}"] = float(self.scoring.metrics[name].value(sample))


class Recorder(keras.callbacks.Callback):
    """Records the history, stops a fit that no longer improves, and drives the checkpoint.

    Args:
        rows: The history so far; rows are added to it.
        settings: The fit.
        metrics: The task's metrics by name.
        checkpoint: What saves the weights, or `None`.
    """

    def __init__(
        self,
        rows: list[Row],
        settings: Fit,
        metrics: Mapping[str, Metric],
        checkpoint: Checkpoint | None,
    ) -> None:
        super().__init__()
        self.rows, self.settings, self.metrics = rows, settings, metrics
        self.checkpoint = checkpoint

    def kept_epoch(self) -> int:
        """Returns the number of the epoch whose weights are kept so far."""
        return kept_epoch(self.rows, self.settings.keep, self.metrics)

    def stalled(self) -> bool:
        """Returns whether none of the last `fit.patience` epochs was the best so far."""
        patience = self.settings.patience
        return patience is not None and len(self.rows) - self.kept_epoch() >= patience

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.rows.append({"epoch": epoch + 1, **(logs or {})})
        self.model.stop_training = self.stalled()
        if self.checkpoint:
            best = self.kept_epoch() == epoch + 1
            self.checkpoint.after_epoch(self.model, self.rows, best)


class Schedule(keras.callbacks.Callback):
    """Sets each epoch's learning rate from the epochs before it, also after resuming.

    Args:
        settings: The fit.
        rows: The history before the first epoch.
    """

    def __init__(self, settings: Fit, rows: Sequence[Row]) -> None:
        super().__init__()
        self.settings = settings
        self.watched = settings.schedule.watch if settings.schedule else "loss"
        self.values = [row[self.watched] for row in rows]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self.settings.schedule is not None:
            scale = self.settings.schedule.scale(self.values, self.settings.epochs)
            self.model.optimizer.learning_rate = self.settings.optimizer.learning_rate * scale

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.values.append(float((logs or {})[self.watched]))


class EpochProgress(keras.callbacks.Callback):
    """Shows a line an epoch, and a bar within an epoch.

    Args:
        epochs: Number of all epochs.
        steps: Batches in an epoch.
    """

    def __init__(self, epochs: int, steps: int) -> None:
        super().__init__()
        self.epochs, self.steps = epochs, steps
        self.first: int | None = None
        self.compiling = 0  # steps of the call that compiles
        self.progress: Progress | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.first = epoch if self.first is None else self.first

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        calls = self.params["steps"]  # each runs several steps, see execution.py
        size = -(-self.steps // calls)
        count = size if batch < calls - 1 else self.steps - size * (calls - 1)
        if self.progress is None:  # the first call compiles: it says nothing about the others
            assert self.first is not None
            self.compiling = count
            total = (self.epochs - self.first) * self.steps - count
            self.progress = Progress("train", total, "steps", of="steps")
        else:
            for _ in range(count):
                self.progress.advance()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        assert self.progress is not None and self.first is not None
        values = "  ".join(f"{name} {float(value):.4f}" for name, value in (logs or {}).items())
        number = f"{epoch + 1:>{len(str(self.epochs))}}/{self.epochs}"
        line = f"epoch {number}  {values}"
        if done := (epoch + 1 - self.first) * self.steps - self.compiling:
            left = self.progress.seconds() / done * (self.epochs - epoch - 1) * self.steps
            line += f"  {duration(left)} left"
        self.progress.tell(line)

    def on_train_end(self, logs: Logs = None) -> None:
        if self.progress:
            self.progress.clear()
