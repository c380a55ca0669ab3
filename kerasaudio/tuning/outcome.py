"""How a trial ended, as KerasTuner's oracle is told."""

from __future__ import annotations

from keras_tuner.engine.trial import Trial, TrialStatus

from kerasaudio.errors import one_line
from kerasaudio.training.history import Row
from kerasaudio.tuning.oracles import ResumableOracle

BEST_LOSS = "best_val_loss"  # the lowest validation loss of all epochs of a trial


def complete(oracle: ResumableOracle, trial: Trial, rows: list[Row]) -> None:
    """Tells the oracle the metrics after the last epoch, and the lowest validation loss.

    Args:
        oracle: The oracle.
        trial: The trial.
        rows: Its history.
    """
    metrics = {name: float(value) for name, value in rows[-1].items() if name != "epoch"}
    metrics[BEST_LOSS] = float(min(row["val_loss"] for row in rows))
    for name in metrics:  # otherwise KerasTuner builds Keras metrics to learn the direction
        trial.metrics.register(name, direction=_direction(oracle, name))
    oracle.update_trial(trial.trial_id, metrics)
    trial.status = TrialStatus.COMPLETED


def _direction(oracle: ResumableOracle, metric: str) -> str:
    if metric == oracle.objective.name:
        return str(oracle.objective.direction)
    return "max" if metric.endswith(("accuracy", "auc")) else "min"


def fail(trial: Trial, reason: str) -> None:
    """Marks a trial as failed.

    Args:
        trial: The trial.
        reason: The reason; it becomes one line.
    """
    trial.status, trial.message = TrialStatus.FAILED, one_line(reason)
