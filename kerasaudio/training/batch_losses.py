"""The training loss within epochs, every 300 batches, and its file batch_losses.csv.

Source: Roy, replication of Dieleman and Schrauwen 2014 (University of Bristol, COMSM0045), fig. 3.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.training.history import Row

EVERY = 300  # batches
BATCH_LOSSES = "batch_losses.csv"


class BatchLosses:
    """The mean loss of the batches since the row before, at every 300th batch of an epoch.

    An epoch has its first row after 300 batches. Where training was interrupted, a row may be
    missing; the next one then has the mean of more batches.

    Args:
        rows: The rows so far: "step", which counts the batches of all epochs from 1, and "loss".
    """

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = list(rows)

    def add(self, start: int, first: int, means: Sequence[float]) -> None:
        """Adds the rows of some batches that follow one another in an epoch.

        Args:
            start: Number of batches of all epochs before this one.
            first: Number of the first of the batches within the epoch, from 1.
            means: Mean loss of the epoch so far after each of the batches.
        """
        for batch in range(-(-first // EVERY) * EVERY, first + len(means), EVERY):
            before, total = start, 0.0
            for row in self.rows[-batch // EVERY :]:
                if row["step"] > start:
                    total += (row["step"] - before) * row["loss"]
                    before = int(row["step"])
            loss = (batch * float(means[batch - first]) - total) / (start + batch - before)
            self.rows.append({"step": start + batch, "loss": loss})


def write_batch_losses(folder: Path, rows: Sequence[Row]) -> None:
    """Writes batch_losses.csv into a run's folder, if there are rows."""
    if rows:
        lines = ["step,loss", *(f"{row['step']},{row['loss']!r}" for row in rows)]
        write_text(folder / BATCH_LOSSES, "\n".join(lines) + "\n")


def read_batch_losses(folder: Path, done: int | None = None) -> list[Row]:
    """Returns the rows of a run's batch_losses.csv; none if there is no file.

    Args:
        folder: The run's folder.
        done: Number of the last batch whose row is wanted; `None` wants all.

    Raises:
        UserError: If the file is damaged.
    """
    path = folder / BATCH_LOSSES
    if not path.exists():
        return []
    try:
        lines = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        rows = [{"step": int(line["step"]), "loss": float(line["loss"])} for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}): remove it.") from error
    return [row for row in rows if done is None or row["step"] <= done]
