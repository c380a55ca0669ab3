"""The trials of a search as files: trials.csv, failed.csv and TensorBoard's HParams."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
import tensorflow as tf
from keras_tuner.engine.trial import Trial, TrialStatus
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api as hparams
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from kerasaudio.data.files import write_text
from kerasaudio.data.tables.csv_text import csv_text
from kerasaudio.reports.search_page import in_words
from kerasaudio.tuning.outcome import BEST_LOSS
from kerasaudio.tuning.tuner import Tuner

METRICS = ("val_accuracy", "val_loss", "accuracy", "loss", BEST_LOSS)
COLUMNS = ("trial", "objective", "val_auc", *METRICS)  # beside the hyper-parameters
EPOCHS = "tuner/epochs"  # what Hyperband calls the epochs of a trial

_ROWS: WeakKeyDictionary[Trial, dict[str, Any]] = WeakKeyDictionary()


def parameters(tuner: Tuner) -> list[str]:
    """Returns the names of the hyper-parameters in the order of the space, each once."""
    return list(dict.fromkeys(parameter.name for parameter in tuner.oracle.hyperparameters.space))


def metrics(tuner: Tuner) -> list[str]:
    """Returns the names of a trial's metrics, the objective first."""
    return [tuner.objective, *(name for name in METRICS if name != tuner.objective)]


def trials_table(tuner: Tuner) -> pd.DataFrame:
    """Returns one row for each completed trial, the best first.

    Equally good trials are ordered by validation loss, then by number. The columns are "trial",
    the hyper-parameters, the metrics after the last epoch, and "objective".

    Args:
        tuner: The tuner.
    """
    names = metrics(tuner)
    rows = [_row(trial, names) for trial in tuner.ended() if trial.status == TrialStatus.COMPLETED]
    epochs = [EPOCHS] if any(EPOCHS in row for row in rows) else []
    columns = ["trial", *parameters(tuner), *epochs, *names, "objective"]
    lowest_first = tuner.oracle.objective.direction == "min"
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["objective", "val_loss", "trial"], ascending=[lowest_first, True, True], ignore_index=True
    )


def _row(trial: Trial, names: list[str]) -> dict[str, Any]:
    """The row of an ended trial; it is kept, as the table is written again after every stack."""
    if trial not in _ROWS:
        metrics = trial.metrics
        found = {name: metrics.get_last_value(name) for name in names if metrics.exists(name)}
        values = trial.hyperparameters.values
        _ROWS[trial] = {"trial": trial.trial_id, **values, **found, "objective": trial.score}
    return _ROWS[trial]


def write_trials(table: pd.DataFrame, folder: Path) -> None:
    """Writes trials.csv.

    Args:
        table: What `trials_table` returned.
        folder: The search's folder.

    Raises:
        UserError: If the file cannot be written.
    """
    write_text(folder / "trials.csv", csv_text(table.drop(columns="objective")))


def write_failed(tuner: Tuner, folder: Path) -> None:
    """Writes failed.csv with the values and the reason of each failed trial, if there is one.

    Args:
        tuner: The tuner.
        folder: The search's folder.

    Raises:
        UserError: If the file cannot be written.
    """
    rows = [
        {"trial": trial.trial_id, **trial.hyperparameters.values, "reason": trial.message}
        for trial in tuner.ended()
        if trial.status == TrialStatus.FAILED
    ]
    if rows:
        table = pd.DataFrame(rows, columns=["trial", *parameters(tuner), "reason"])
        write_text(folder / "failed.csv", csv_text(table))


def write_hparams(tuner: Tuner, trial: Trial, folder: Path) -> None:
    """Writes a completed trial for TensorBoard's HParams tab.

    The event file is written at once, without TensorFlow's queues.

    Args:
        tuner: The tuner.
        trial: The trial; nothing is written if it failed.
        folder: The search's folder.
    """
    if trial.status != TrialStatus.COMPLETED:
        return
    values = trial.hyperparameters.values
    present = {name: values[name] for name in parameters(tuner) if name in values}
    summary = hparams.hparams_pb(present, trial_id=trial.trial_id)
    for name in metrics(tuner):
        summary.MergeFrom(scalar_pb(name, trial.metrics.get_last_value(name)))
    path = folder / "tensorboard" / trial.trial_id
    path.mkdir(parents=True, exist_ok=True)
    now = time.time()
    with tf.io.TFRecordWriter(str(path / f"events.out.tfevents.{int(now)}")) as file:
        for event in (
            Event(wall_time=now, file_version="brain.Event:2"),
            Event(wall_time=now, step=1, summary=summary),
        ):
            file.write(event.SerializeToString())


def describe(row: pd.Series, tuner: Tuner) -> str:
    """Returns a trial's values and its objective in one line.

    Args:
        row: The trial's row of `trials_table`.
        tuner: The tuner.
    """
    present = [name for name in parameters(tuner) if not pd.isna(row[name])]
    values = [f"{name} {in_words(row[name])}" for name in present]
    return f"{', '.join(values)}: {tuner.objective} {row.objective:.4f}"
