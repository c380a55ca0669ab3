"""The history of a fit: a row of numbers an epoch, and which epoch's weights are kept."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment
from kerasaudio.scoring.metrics import Metric
from kerasaudio.scoring.tasks import metrics_of
from kerasaudio.training.tasks import head

Row = dict[str, float]
LOSS = "loss"


def kept_epoch(rows: Sequence[Row], keep: str, metrics: Mapping[str, Metric]) -> int:
    """Returns the number of the epoch whose weights are kept.

    Args:
        rows: The history, a row for each epoch.
        keep: `fit.keep`: "last", "best_loss", or "best_" and the name of a metric.
        metrics: The task's metrics by name.

    Returns:
        The earliest of several equally good epochs, counted from 1; 0 where there are no rows.
    """
    if keep == "last" or not rows:
        return len(rows)
    column = kept_column(keep)
    best = min if falls(column, metrics) else max
    return int(best(rows, key=lambda row: row[column])["epoch"])


def kept_column(keep: str) -> str:
    """Returns the column of the history that `fit.keep` looks at: "best_loss" is "val_loss"."""
    return keep.replace("best", "val", 1)


def falls(column: str, metrics: Mapping[str, Metric]) -> bool:
    """Returns whether a lower value of a column of the history is better.

    Args:
        column: Name of the column, such as "val_loss".
        metrics: The task's metrics by name.
    """
    name = column.removeprefix("val_")
    return name.endswith(LOSS) or (name in metrics and metrics[name].best == "min")


def watched_metrics(experiment: Experiment, watch: Sequence[str] = ()) -> list[str]:
    """Returns the names of wanted metrics that Keras does not compute while it trains.

    Args:
        experiment: The experiment.
        watch: Columns that the history should have besides those that the fit looks at.

    Raises:
        UserError: If the fit or `watch` wants a column that there cannot be.
    """
    data, settings = experiment.data, experiment.fit
    from_keras = [metric.name for metric in head(data.task, data.labels, settings.loss).metrics]
    from_keras = [LOSS, f"val_{LOSS}", *(f"val_{name}" for name in from_keras)]
    known = list(dict.fromkeys([*from_keras, *(f"val_{name}" for name in metrics_of(data.task))]))
    wanted = dict.fromkeys(watch, "The objective of the search")
    if settings.keep != "last":
        wanted[kept_column(settings.keep)] = f"fit.keep={settings.keep}"
    for column, setting in wanted.items():
        _check(column, setting, known)
    if settings.schedule:
        _check(settings.schedule.watch, "fit.schedule.watch", from_keras)
    return [column.removeprefix("val_") for column in wanted if column not in from_keras]


def _check(column: str, setting: str, known: Sequence[str]) -> None:
    if column not in known:
        raise UserError(f"{setting} needs {column}: expected one of {', '.join(known)}.")


def history_text(rows: Sequence[Row]) -> str:
    """Returns a history as CSV: a row an epoch, numbers to the last bit."""
    lines = [",".join(rows[0]) if rows else "epoch"]
    lines += [",".join(repr(value) for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def parsed_history(text: str) -> list[Row]:
    """Returns the rows of a history as CSV.

    Raises:
        ValueError: If the text is no history: a row an epoch, from 1 on, with a loss.
    """
    lines = [row for row in csv.reader(text.splitlines()) if row]
    names = lines[0] if lines else []
    rows = [
        {
            name: int(each) if name == "epoch" else float(each)
            for name, each in zip(names, line, strict=True)
        }
        for line in lines[1:]
    ]
    if "epoch" not in names or (rows and LOSS not in names) or len(set(names)) < len(names):
        raise ValueError("it lacks a column, or has one twice")
    if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
        raise ValueError("its epochs are not 1, 2, 3 ...")
    return rows


def write_history(path: Path, rows: Sequence[Row]) -> None:
    """Writes history.csv."""
    write_text(path, history_text(rows))


def read_history(path: Path) -> list[Row]:
    """Returns the rows of a history.csv.

    Raises:
        UserError: If the file is damaged.
    """
    try:
        return parsed_history(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged ({error}): train again.") from error
