"""The files that a fit leaves and resumes from: best.keras, history.csv, last.weights.h5.

After epochs of 300 batches or more there is batch_losses.csv, too, and after Ctrl-C in the middle
of an epoch epoch.npz.

They are saved every ten seconds at most, so that saving costs nothing worth measuring and a killed
run loses at most that much training.
"""

from __future__ import annotations

import contextlib
import math
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.data.files import written
from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.training.batch_losses import (
    BatchLosses,
    read_batch_losses,
    write_batch_losses,
)
from kerasaudio.training.begun import Begun
from kerasaudio.training.history import Row, read_history, write_history
from kerasaudio.training.keras_archive import check_archive
from kerasaudio.training.state_file import seal, sealed_history

SAVE_SECONDS = 10  # a run that is killed loses at most this much training
BEST_MODEL = "best.keras"
LAST_STATE = "last.weights.h5"
BEGUN = "epoch.npz"
HISTORY = "history.csv"


class Checkpoint:
    """Keeps the best weights and the history of a fit, and the state to resume it from.

    It saves the whole model, of which the one that trains may be a part. Between two saves the
    best weights are in memory alone.

    Args:
        folder: Folder that the files are in.
        whole: The whole model.
    """

    def __init__(self, folder: Path, whole: keras.Model) -> None:
        self.folder, self.whole = folder, whole
        self.best: list[np.ndarray] | None = None  # where they are newer than best.keras
        self.saved = -math.inf
        self.batch_losses = BatchLosses()

    def resume(self, model: keras.Model, steps: int) -> tuple[list[Row], Begun | None]:
        """Gives a model the last saved state, if there is one.

        Args:
            model: The model that trains; its weights and optimizer are changed.
            steps: Batches in an epoch.

        Returns:
            The history up to that state, and the epoch that was interrupted, if there is one.

        Raises:
            UserError: If the state is damaged.
        """
        state = self.folder / LAST_STATE
        if not state.is_file():
            return [], None
        model.optimizer.build(model.trainable_variables)
        try:
            rows = sealed_history(state)
            model.load_weights(state)
            done = int(np.asarray(model.optimizer.iterations))
            if rows is None:
                rows = read_history(self.folder / HISTORY)[: done // steps]
            if not 0 <= done - len(rows) * steps <= steps:
                raise ValueError(f"{done // steps} epochs, and {len(rows)} rows of history")
        except DAMAGED as error:
            raise UserError(
                f"{state} is damaged ({_first_line(error)}): remove it, and --resume begins with "
                "the first epoch."
            ) from error
        self.batch_losses.rows = read_batch_losses(self.folder, done)
        more = done - len(rows) * steps
        return rows, Begun.read(self.folder / BEGUN, more) if more else None

    @contextlib.contextmanager
    def saved_when_stopped(self, model: keras.Model, rows: list[Row], steps: int) -> Iterator[None]:
        """Saves a fit that Ctrl-C stops in the `with` block, also in the middle of an epoch.

        Args:
            model: The model that trains.
            rows: The history.
            steps: Batches in an epoch.

        Raises:
            KeyboardInterrupt: With what is saved, in words.
        """
        try:
            yield
        except KeyboardInterrupt as stop:
            more = int(np.asarray(model.optimizer.iterations)) - len(rows) * steps
            if more:
                Begun.of(model, more).write(self.folder / BEGUN)
            if rows or more:
                self.save(model, rows)
            part = f" and {more} of {steps} steps" if more else ""
            raise KeyboardInterrupt(f"{len(rows)} epochs{part} are saved") from stop

    def after_epoch(self, model: keras.Model, rows: list[Row], best: bool) -> None:
        """Remembers the weights if they are the best so far, and saves from time to time.

        Args:
            model: The model that trains.
            rows: The history.
            best: Whether this epoch is the best so far.
        """
        if best:
            self.best = model.get_weights()
        if time.monotonic() - self.saved > SAVE_SECONDS:
            self.save(model, rows)

    def save(self, model: keras.Model, rows: list[Row]) -> None:
        """Saves best weights and history first, and last the state that counts on them.

        Args:
            model: The model that trains.
            rows: The history.
        """
        if self.best is not None:
            current = model.get_weights()
            model.set_weights(self.best)
            try:
                save_model(self.whole, self.folder / BEST_MODEL)
            finally:
                model.set_weights(current)
            self.best = None
        self._write_tables(rows)
        with written(self.folder / LAST_STATE) as partial:
            model.save_weights(partial, overwrite=True)
            seal(partial, rows)
        self.saved = time.monotonic()

    def finish(self, model: keras.Model, rows: list[Row]) -> None:
        """Leaves best.keras and the whole history, and the model with its best weights.

        Args:
            model: The model that trained.
            rows: The history.
        """
        if self.best is not None:
            model.set_weights(self.best)
            save_model(self.whole, self.folder / BEST_MODEL)
        else:
            model.set_weights(load_model(self.folder / BEST_MODEL).get_weights())
        self._write_tables(rows)

    def _write_tables(self, rows: list[Row]) -> None:
        write_history(self.folder / HISTORY, rows)
        write_batch_losses(self.folder, self.batch_losses.rows)


def save_model(model: keras.Model, path: Path) -> None:
    """Writes a .keras file, whole or not at all.

    Raises:
        UserError: If it cannot be written.
    """
    with written(path) as partial:
        model.save(partial)


def load_model(path: Path) -> keras.Model:
    """Returns the model of a .keras file, not compiled. Code in the file is never run.

    Raises:
        UserError: If the file is missing or damaged.
    """
    try:
        check_archive(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (*DAMAGED, ImportError, zipfile.BadZipFile, zlib.error, tf.errors.OpError) as error:
        if own := _own_reason(error):
            raise own from error
        raise UserError(
            f"{path} could not be read as a Keras model ({_first_line(error)}): train again."
        ) from error


def _own_reason(error: BaseException | None) -> UserError | None:
    """What one of our own layers has raised, inside of Keras' errors; `None` for other errors."""
    while error is not None and not isinstance(error, UserError):
        error = error.__cause__ or error.__context__
    return error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
