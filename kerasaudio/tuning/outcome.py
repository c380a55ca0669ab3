"""How a trial ended, as KerasTuner's oracle is told."""

from __future__ import annotations

import math

from keras_tuner.engine.trial import Trial, TrialStatus

from kerasaudio.errors import one_line
from kerasaudio.training.history import Row
from kerasaudio.tuning.oracles import ResumableOracle

BEST_LOSS = "best_val_loss"  # the lowest validation loss of all epochs of a trial


def end(oracle: ResumableOracle, trial: Trial, found: list[Row] | str) -> None:
    """Ends a trial; it fails if its loss diverged.

    Args:
        oracle: The oracle.
        trial: The trial.
        found: Its history, or the reason why it failed.
    """
    reason = found if isinstance(found, str) else _divergence(found)
    if isinstance(found, str) or reason:
        trial.status, trial.message = TrialStatus.FAILED, one_line(reason)
    else:
        _complete(oracle, trial, found)
    oracle.end_trial(trial)


def _divergence(rows: list[Row]) -> str:
    broken = next((row for row in rows if not math.isfinite(row["loss"])), None)
    return f"The loss became {broken['loss']} in epoch {broken['epoch']}." if broken else ""


def _complete(oracle: ResumableOracle, trial: Trial, rows: list[Row]) -> None:
    """Tells the oracle the metrics after the last epoch, and the lowest validation loss."""
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
