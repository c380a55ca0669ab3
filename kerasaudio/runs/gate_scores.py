"""A gate beside a level gate and one that knows the labels, for each signal-to-noise ratio."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from kerasaudio.data.gate.mixture_inputs import MixtureInputs
from kerasaudio.experiment import Examples, Frames, Splits
from kerasaudio.scoring.gate import LOST, Openings, decisions, tuned
from kerasaudio.scoring.gate_events import event_figures, gated, levels, si_sdr

LEVELS = tuple(np.arange(0.1, 1, 0.02).tolist())  # thresholds of a level gate, 2 dB apart
LEVEL_HYSTERESES = (0.0, 0.05, 0.1)


def gate_scores(
    task: Frames, splits: Splits, valid: np.ndarray, test: np.ndarray
) -> dict[str, Any] | None:
    """Returns figures of each gate and condition, and the settings that validation chose.

    Args:
        task: The task.
        splits: The splits of mixtures.
        valid: Probabilities of the validation mixtures, of shape `(examples, frames, 1)`.
        test: The same of the test mixtures.
    """
    if not isinstance(splits.test.inputs, MixtureInputs):
        return None
    answers = {
        "learned": (valid[..., 0], test[..., 0]),
        "level": (_levels(splits.valid, task.delay), _levels(splits.test, task.delay)),
    }
    grids = {"learned": (), "level": (LEVELS, LEVEL_HYSTERESES)}
    truth = splits.valid.targets[..., 0]
    settings = {
        name: tuned(truth, answers[name][0], task.seconds, *grid) for name, grid in grids.items()
    }
    opened = {
        name: _decided(answers[name][1], chosen, task.seconds) for name, chosen in settings.items()
    }
    opened["oracle"] = splits.test.targets[..., 0] > 0
    return {
        "chosen": {
            "on": "valid",
            "at_most_lost": LOST,
            **{name: asdict(each) for name, each in settings.items()},
        },
        "latency_ms": 1000 * task.delay * task.seconds,
        "conditions": _conditions(splits.test, splits.test.inputs, task, opened),
    }


def _levels(examples: Examples, delay: int) -> np.ndarray:
    """Levels of all mixtures, as late as the labels, of shape `(examples, frames)`."""
    frames = examples.targets.shape[1]
    inputs = examples.inputs
    assert isinstance(inputs, MixtureInputs)
    found = np.stack([levels(inputs.mixture(n).sound, frames) for n in range(len(inputs))])
    return np.pad(found, ((0, 0), (delay, 0)))[:, :frames]


def _decided(answers: np.ndarray, chosen: Openings, seconds: float) -> np.ndarray:
    hold = round(chosen.hold / 1000 / seconds)
    return decisions(answers, chosen.threshold, chosen.hysteresis, hold)


def _conditions(
    examples: Examples, inputs: MixtureInputs, task: Frames, opened: dict[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    gains: dict[str, list[float]] = {name: [] for name in opened}
    for number in range(len(inputs)):
        mixture = inputs.mixture(number)
        before = si_sdr(mixture.sound, mixture.target) if mixture.active.any() else np.nan
        for name, each in opened.items():
            late = (name != "oracle") - task.delay  # a stream decides after it has heard a frame
            after = si_sdr(gated(mixture.sound, each[number], late), mixture.target)
            gains[name].append(after - before)
    names = np.array([inputs.condition(number) for number in range(len(inputs))])
    found: dict[str, dict[str, Any]] = {}
    for condition in dict.fromkeys(names.tolist()):
        own, found[condition] = names == condition, {}
        for name, each in opened.items():
            figures = event_figures(examples.targets[own, :, 0], each[own], task.seconds)
            heard = np.array(gains[name])[own & np.isfinite(gains[name])]
            gain = float(heard.mean()) if len(heard) else None
            found[condition][name] = {**figures, "si_sdr_gain_db_mean": gain}
    return found
