"""What a search can select its trials on."""

from __future__ import annotations

import difflib

from keras_tuner import Objective

from kerasaudio.errors import UserError
from kerasaudio.experiment import Task
from kerasaudio.scoring.tasks import metrics_of
from kerasaudio.training.tasks import default_objective

SAME = {"auc": "mean_roc_auc", "loss": "log_loss"}  # what Keras computes, and its name in scores


def build_objective(task: Task, name: str | None = None) -> Objective:
    """Returns the objective of a search: a column of a trial's history and its direction.

    Args:
        task: The task.
        name: "val_loss", or "val_" and the name of a metric of the task, such as "val_macro_f1".
            `None` stands for the default of the task.

    Raises:
        UserError: If the task has no such metric.
    """
    default = default_objective(task)
    directions = {f"val_{metric}": each.best for metric, each in metrics_of(task).items()}
    directions |= {"val_loss": "min", default: "max"}
    chosen = name or default
    if chosen not in directions:
        nearest = difflib.get_close_matches(chosen, directions, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"expected {', '.join(directions)}."
        raise UserError(f"There is no objective {chosen!r} for this data: {hint}")
    return Objective(chosen, directions[chosen])


def scored_metric(task: Task, objective: str) -> str:
    """Returns the name of the metric in a run's scores that an objective stands for.

    Args:
        task: The task.
        objective: Name of the objective.
    """
    metrics = metrics_of(task)
    name = objective.removeprefix("val_")
    return name if name in metrics else SAME.get(name, next(iter(metrics)))


def objective_title(task: Task, objective: str) -> str:
    """Returns what people call an objective, such as "macro-F1".

    Args:
        task: The task.
        objective: Name of the objective.
    """
    if objective == "val_loss":
        return "loss"
    return metrics_of(task)[scored_metric(task, objective)].title
