"""What a search leaves: trials.csv, TensorBoard's HParams and search.html."""

from __future__ import annotations

import math
import time
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import tensorflow as tf
from matplotlib.figure import Figure
from scipy import stats
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api as hparams
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from kerasaudio.experiment import Experiment, fields
from kerasaudio.experiment.catalogue import Entry
from kerasaudio.reports import drawing, report
from kerasaudio.runs.runs import Run, write_text
from kerasaudio.scoring import provenance, scores
from kerasaudio.tuning.tuner import TOLD, Tuner

SHOWN = 17  # best trials on the page: as many as the GTZAN report lists
FEW = 10  # values of a number that are shown one by one
OBJECTIVES = {"val_accuracy": "accuracy", "val_auc": "ROC-AUC"}  # in words
TESTED = {"val_accuracy": "accuracy", "val_auc": "mean_roc_auc"}  # in scores.json


def parameters(tuner: Tuner) -> list[str]:
    """Names of the hyper-parameters, in the order of the space; under different conditions a name may come again."""
    return list(dict.fromkeys(parameter.name for parameter in tuner.oracle.hyperparameters.space))


def metrics(tuner: Tuner) -> list[str]:
    """What is told of a trial, the objective first."""
    objective = tuner.oracle.objective.name
    return [objective, *(name for name in TOLD if name != objective)]


def trials_table(tuner: Tuner) -> pd.DataFrame:
    """A row a completed trial, the best first; equals are ordered by validation loss, then by number."""
    told = tuple(metrics(tuner))
    rows = [_row(trial, told) for trial in tuner.ended() if trial.status == "COMPLETED"]
    rounds = ["tuner/epochs"] if any("tuner/epochs" in row for row in rows) else []  # Hyperband's
    columns = ["trial", *parameters(tuner), *rounds, *told, "objective"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(
        ["objective", "val_loss", "trial"], ascending=[False, True, True], ignore_index=True
    )


@cache
def _row(trial: Any, told: tuple[str, ...]) -> dict[str, Any]:
    """An ended trial's part of the table, which is written anew after every stack."""
    values = {
        name: trial.metrics.get_last_value(name) for name in told if trial.metrics.exists(name)
    }
    return {
        "trial": trial.trial_id,
        **trial.hyperparameters.values,
        **values,
        "objective": trial.score,
    }


def write_trials(table: pd.DataFrame, folder: Path) -> None:
    """trials.csv: a column a hyper-parameter, sorted."""
    write_text(folder / "trials.csv", table.drop(columns="objective").to_csv(index=False))


def write_failed(tuner: Tuner, folder: Path) -> None:
    """failed.csv, where trials failed: the values and the reason of each."""
    failed = [trial for trial in tuner.ended() if trial.status == "FAILED"]
    rows = [
        {"trial": trial.trial_id, **trial.hyperparameters.values, "reason": trial.message}
        for trial in failed
    ]
    if rows:
        table = pd.DataFrame(rows, columns=["trial", *parameters(tuner), "reason"])
        write_text(folder / "failed.csv", table.to_csv(index=False))


def log_hparams(tuner: Tuner, trial: Any, folder: Path) -> None:
    """One trial for TensorBoard's HParams tab: an event file, written at once and without TensorFlow's queues."""
    if trial.status != "COMPLETED":
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


def describe(row: Any, tuner: Tuner) -> str:
    """A trial's values and objective in one line."""
    present = [
        f"{name} {in_words(row[name])}" for name in parameters(tuner) if not pd.isna(row[name])
    ]
    return ", ".join(present) + f": {row.objective:.4f}"


def in_words(value: Any) -> str:
    """A hyper-parameter's value as people read it; a dash where the trial has none."""
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4g}"
    return str(value)


def groups(table: pd.DataFrame, name: str) -> list[tuple[str, pd.DataFrame]]:
    """The trials with each value of a hyper-parameter, or in quarters by a number that has many values."""
    column = table[name]
    if not pd.api.types.is_numeric_dtype(column) or column.nunique() <= FEW:
        return [(in_words(value), group) for value, group in table.groupby(name)]
    quarters = [
        group for _, group in table.groupby(pd.qcut(column, 4, labels=False, duplicates="drop"))
    ]
    return [(f"{group[name].min():.3g} to {group[name].max():.3g}", group) for group in quarters]


def effects(table: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Each group's mean objective over all else, with a 95 % t interval, and its share of the best tenth."""
    best = table.index[: max(1, len(table) // 10)]
    return [
        {
            "parameter": name,
            "value": value,
            "n": len(group),
            "mean": group.objective.mean(),
            "half": stats.t.ppf(0.975, len(group) - 1) * group.objective.sem()
            if len(group) > 1
            else None,
            "best": group.objective.max(),
            "share": best.isin(group.index).mean(),
        }
        for name in names
        for value, group in groups(table, name)
    ]


def effects_figure(table: pd.DataFrame, names: list[str]) -> str:
    """The objective's distribution under each value of each hyper-parameter, as SVG."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(9.4, 0.5 + 1.35 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid.flat, names, strict=False):
        values, members = zip(*groups(table, name), strict=True)
        axes.boxplot(
            [group.objective.to_numpy() for group in members],
            orientation="horizontal",
            widths=0.6,
            patch_artist=True,
            boxprops={"facecolor": "#dfe7fd", "edgecolor": drawing.VALID},
            medianprops={"color": drawing.VALID, "linewidth": 2},
            whiskerprops={"color": drawing.TRAIN},
            capprops={"color": drawing.TRAIN},
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": drawing.TRAIN},
        )
        axes.set_yticks(range(1, len(values) + 1), [_plain(value) for value in values])
        axes.set_title(_plain(name), loc="left", fontsize=10, color=drawing.INK)
        drawing.tidy(axes)
    return drawing.svg(figure)


def _plain(text: str) -> str:
    """Text that Matplotlib does not take for a formula."""
    return text.replace("$", r"\$")


def write_page(
    tuner: Tuner, table: pd.DataFrame, entry: Entry, winner: Experiment, run: Run, folder: Path
) -> None:
    """search.html."""
    names = parameters(tuner)
    varied = [name for name in names if table[name].nunique() > 1] or names[:1]
    claims = [(claim.text, *claim.check(table)) for claim in entry.claims]
    found = run.read("scores.json")
    page = report.render(
        "search.html",
        name=entry.name,
        strategy=run.path.parent.name.split("-")[-2],
        done=len(table),
        failed=len(tuner.ended()) - len(table),
        stamp=provenance.Stamp(**found["stamp"]),
        objective=OBJECTIVES[tuner.oracle.objective.name],
        test=scores.Score(**found[TESTED[tuner.oracle.objective.name]]),
        best=table.iloc[0],
        names=names,
        top=table.head(SHOWN).to_dict("records"),
        in_words=in_words,
        effects=effects(table, varied),
        figure=effects_figure(table, varied),
        claims=claims,
        winner=fields.table(winner),
        splits=run.read("splits.json"),
    )
    write_text(folder / "search.html", page)
