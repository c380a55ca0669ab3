"""A gate beside a level gate and one that knows the labels, for each signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from kerasaudio.data.gate.mixing import CONDITIONS
from kerasaudio.data.gate.mixture_inputs import MixtureInputs
from kerasaudio.experiment import Examples, Frames, Splits
from kerasaudio.scoring.gate import THRESHOLDS, Openings, decisions, tuned
from kerasaudio.scoring.gate_envelope import GateSettings, ramped
from kerasaudio.scoring.gate_equal import at_equal_lost
from kerasaudio.scoring.gate_events import Events, event_figures, events_of, with_intervals
from kerasaudio.scoring.gate_sound import SMALLEST, applied, levels, si_sdr

LEVELS = tuple(np.arange(0.1, 1, 0.04).tolist())  # thresholds of a level gate, 4 dB apart
LEVEL_HYSTERESES = (0.0, 0.1, 0.2, 0.4)  # shares of the threshold
ATTACKS, RELEASES = (1.0, 2.0, 5.0), (20.0, 50.0, 100.0)  # ms; shorter ones click
AT_ONCE = 50  # mixtures whose samples are in memory together
TOGETHER = "clean to 0 dB"  # what is said of these conditions as one
ORACLE = GateSettings(attack=0.0, release=0.0)


@dataclass(frozen=True, eq=False)
class Gate:
    """A gate on mixtures.

    Args:
        opened: Whether it is open after each frame, of shape `(mixtures, frames)`.
        late: Frames by which a decision comes after the frame that it is applied to.
        settings: Its attack, release and range.
    """

    opened: np.ndarray
    late: int
    settings: GateSettings

    def gains(self, part: slice, inputs: MixtureInputs) -> np.ndarray:
        """Returns the gains of some mixtures, of shape `(mixtures, samples)`."""
        recipe = inputs.members[0][0].recipe
        opened = applied(self.opened[part], self.late)
        return ramped(opened, self.settings, recipe.samples // opened.shape[1], recipe.rate)


@dataclass(frozen=True, eq=False)
class GateScores:
    """Figures of gates, and what one of them did.

    Args:
        figures: What scores.json has.
        gate: This gate on the test mixtures.
        gains: By how many dB it raised the SI-SDR of each; 0 where there is no target.
    """

    figures: dict[str, Any]
    gate: Gate
    gains: np.ndarray


def gate_scores(
    task: Frames, splits: Splits, valid: np.ndarray, test: np.ndarray
) -> GateScores | None:
    """Returns figures of each gate and condition; `None` where examples are no mixtures.

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
    late = 1 - task.delay  # a stream decides after it has heard a frame
    chosen, gates = {}, {}
    for name, (on_valid, on_test) in answers.items():
        found = tuned(truth, on_valid, task.seconds, task.most_lost, *grids[name])
        gate = Gate(_decided(on_valid, found, task.seconds), late, GateSettings())
        settings = _ramps(gate, splits.valid)
        chosen[name] = found
        gates[name] = Gate(_decided(on_test, found, task.seconds), late, settings)
    gates["oracle"] = Gate(splits.test.targets[..., 0] > 0, -task.delay, ORACLE)
    sounds = {name: _sound_sums(gate, splits.test) for name, gate in gates.items()}
    figures = {
        "chosen": {
            "on": "valid",
            "at_most_lost": task.most_lost,
            **{name: asdict(each) | _times(gates[name]) for name, each in chosen.items()},
        },
        "latency_ms": {
            "of_the_sound": 1000 * task.delay * task.seconds,
            "of_a_decision": 1000 * (1 + task.delay) * task.seconds,
        },
        "conditions": _conditions(splits.test, task, gates, sounds, answers, chosen),
    }
    return GateScores(figures, gates["learned"], sounds["learned"]["gain"])


def _times(gate: Gate) -> dict[str, float]:
    return {"attack": gate.settings.attack, "release": gate.settings.release}


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


def _sounds(inputs: MixtureInputs) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yields which mixtures these are, and their sounds and targets, `(mixtures, samples)`."""
    for first in range(0, len(inputs), AT_ONCE):
        part = slice(first, min(first + AT_ONCE, len(inputs)))
        mixtures = [inputs.mixture(number) for number in range(part.start, part.stop)]
        yield part, np.stack([m.sound for m in mixtures]), np.stack([m.target for m in mixtures])


def _ramps(gate: Gate, valid: Examples) -> GateSettings:
    """The attack and release with the highest mean SI-SDR on mixtures with a background."""
    inputs = valid.inputs
    assert isinstance(inputs, MixtureInputs)
    noisy = np.array([inputs.condition(number) != "clean" for number in range(len(inputs))])
    both = [replace(gate.settings, attack=a, release=r) for a in ATTACKS for r in RELEASES]
    sums = np.zeros(len(both))
    for part, sound, target in _sounds(inputs):
        rated = noisy[part] & target.any(axis=1)
        for number, settings in enumerate(both):
            gains = replace(gate, settings=settings).gains(part, inputs)
            sums[number] += si_sdr((gains * sound)[rated], target[rated]).sum()
    return both[int(sums.argmax())]


def _sound_sums(gate: Gate, examples: Examples) -> dict[str, np.ndarray]:
    """Sums of each mixture: its gain of SI-SDR, and what passes while the gate is closed."""
    inputs = examples.inputs
    assert isinstance(inputs, MixtureInputs)
    found = {name: np.zeros(len(inputs)) for name in ("gain", "rated", "leak", "closed")}
    for part, sound, target in _sounds(inputs):
        after = gate.gains(part, inputs) * sound
        rated = target.any(axis=1)
        found["rated"][part] = rated
        found["gain"][part] = rated * (si_sdr(after, target) - si_sdr(sound, target))
        closed = ~applied(gate.opened[part], gate.late)
        power = np.square(after, dtype=np.float64).reshape(*closed.shape, -1).mean(axis=-1)
        found["leak"][part] = (power * closed).sum(axis=1)
        found["closed"][part] = closed.sum(axis=1)
    return found


def _conditions(
    examples: Examples,
    task: Frames,
    gates: dict[str, Gate],
    sounds: dict[str, dict[str, np.ndarray]],
    answers: dict[str, tuple[np.ndarray, np.ndarray]],
    chosen: dict[str, Openings],
) -> dict[str, dict[str, Any]]:
    inputs = examples.inputs
    assert isinstance(inputs, MixtureInputs)
    found: dict[str, dict[str, Any]] = {}
    for condition, own in condition_masks(inputs).items():
        found[condition] = {}
        truth = examples.targets[own, :, 0]
        for name, gate in gates.items():
            events = events_of(truth, gate.opened[own], task.seconds)
            sums = {key: each[own] for key, each in sounds[name].items()}
            figures = with_intervals(
                _figures(Events({**events.sums, **sums}, events.times)), len(truth)
            )
            found[condition][name] = figures
        for name, each in chosen.items():
            thresholds = THRESHOLDS if name == "learned" else LEVELS
            share, hold = each.hysteresis / each.threshold, round(each.hold / 1000 / task.seconds)
            settings = [(threshold, share * threshold) for threshold in thresholds]
            found[condition][name]["at_equal_lost"] = at_equal_lost(
                truth, answers[name][1][own], settings, hold, task.seconds
            )
    return found


def condition_masks(inputs: MixtureInputs) -> dict[str, np.ndarray]:
    """Returns which mixtures are of each condition that any is of, and of those from 0 dB up.

    Args:
        inputs: Mixtures with the conditions of `CONDITIONS`.
    """
    names = np.array([inputs.condition(number) for number in range(len(inputs))])
    loud = [name for name, snr in CONDITIONS.items() if snr >= 0]
    masks = {name: names == name for name in CONDITIONS} | {TOGETHER: np.isin(names, loud)}
    return {name: own for name, own in masks.items() if own.any()}


def _figures(events: Events) -> dict[str, Any]:
    leak = events.ratio("leak", "closed")
    return event_figures(events) | {
        "si_sdr_gain_db_mean": events.ratio("gain", "rated"),
        "leak_dbfs": lambda drawn: 10 * np.log10(np.maximum(leak(drawn), SMALLEST)),
    }
