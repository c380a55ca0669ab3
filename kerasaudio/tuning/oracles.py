"""KerasTuner's oracles, made to survive: one state file, written whole, from which a search goes on."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from keras_tuner import HyperParameters, Objective, Oracle
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FailedTrialError
from keras_tuner.oracles import BayesianOptimizationOracle, HyperbandOracle, RandomSearchOracle

from kerasaudio.errors import UserError
from kerasaudio.runs import write_text

CONDITIONAL = "The space has hyper-parameters at some points only, which a grid can't enumerate: use random."
STRATEGIES = ("grid", "random", "bayesian", "hyperband")


class Resumable:
    """Mixed into an oracle: its state and all trials in one file, so that no kill can leave the two in disagreement.

    KerasTuner writes a file a trial and one for the oracle, none of them atomically; what was running when the process
    died is lost or run twice, depending on which file was written last.
    """

    block = 192  # trials that are drawn together
    learns = False  # whether what it draws depends on how earlier trials ended

    def save(self: Any) -> None:
        """KerasTuner saves at every turn; here the tuner says when, with `keep`."""

    def keep(self: Any) -> None:
        """Write the state and every trial; one that has ended is put into words once."""
        told = self.__dict__.setdefault("told", {})
        for name in self.end_order[len(told) :]:
            told[name] = json.dumps(self.trials[name].get_state())
        trials = ", ".join(told.get(name) or json.dumps(trial.get_state()) for name, trial in self.trials.items())
        write_text(
            Path(self._get_oracle_fname()), f'{{"oracle": {json.dumps(self.get_state())}, "trials": [{trials}]}}'
        )

    def _save_trial(self, trial: Trial) -> None:
        """A trial is saved with the oracle."""

    def reload(self: Any) -> None:
        """Read the state back; trials that were running are first in the queue, trials that ended stay ended."""
        saved = json.loads(Path(self._get_oracle_fname()).read_text())
        self.trials = {state["trial_id"]: Trial.from_state(state) for state in saved["trials"]}
        self.set_state(saved["oracle"])
        self.ongoing_trials.clear()
        waiting = [name for name, trial in self.trials.items() if trial.status == TrialStatus.RUNNING]
        self._retry_queue = waiting[::-1]


class GridOracle(Resumable, Oracle):
    """Every combination once, the last hyper-parameter changing fastest.

    A trial's number written in the mixed radix of the choices is its combination, so there is nothing to keep but the
    trials themselves. (KerasTuner's GridSearch keeps a linked list, which it can't restore.)
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The combination with this number, or the end."""
        rest, values = int(trial_id), {}
        for parameter in reversed(self.hyperparameters.space):
            choices = list(parameter.values)
            rest, digit = divmod(rest, len(choices))
            values[parameter.name] = choices[digit]
        if rest:
            return {"status": TrialStatus.STOPPED}
        return {"status": TrialStatus.RUNNING, "values": {name: values[name] for name in reversed(values)}}

    def update_space(self, hyperparameters: HyperParameters) -> None:
        """Take in what a point asked for. Raises UserError for something new among the trials: numbers would change."""
        known = len(self.hyperparameters.space)
        super().update_space(hyperparameters)
        if self.trials and len(self.hyperparameters.space) > known:
            raise UserError(CONDITIONAL)


class RandomOracle(Resumable, RandomSearchOracle):
    """KerasTuner's random search."""


class BayesianOracle(Resumable, BayesianOptimizationOracle):
    """KerasTuner's Bayesian optimisation; it learns from a block before it draws the next."""

    block = 8
    learns = True


class BandOracle(Resumable, HyperbandOracle):
    """KerasTuner's Hyperband; it sets the epochs of its trials."""

    learns = True


def build(strategy: str, objective: Objective, seed: int, epochs: int) -> Oracle:
    """The oracle of a strategy. `epochs` is the most that Hyperband gives a trial."""
    settings = {
        "objective": objective,
        "seed": seed + 1,  # KerasTuner draws a random seed where it is given 0
        "max_consecutive_failed_trials": 1_000_000,  # one bad corner of a space does not end a search
    }
    if strategy == "grid":
        return GridOracle(**settings)
    if strategy == "hyperband":
        return BandOracle(max_epochs=epochs, **settings)
    return {"random": RandomOracle, "bayesian": BayesianOracle}[strategy](max_trials=None, **settings)


def widest(space: HyperParameters) -> HyperParameters:
    """The corner of the space where every number is largest."""
    corner = space.copy()
    for parameter in corner.space:
        values = _extremes(parameter)
        if all(isinstance(value, int | float) for value in values):
            corner.values[parameter.name] = max(values)
    corner.ensure_active_values()
    return corner


def neighbours(space: HyperParameters) -> Iterator[HyperParameters]:
    """The default point of the space, and those that differ from it in one value; of a range, in either end."""
    yield space.copy()
    for parameter in space.space:
        for value in _extremes(parameter):
            point = space.copy()
            point.values[parameter.name] = value
            point.ensure_active_values()
            yield point


def _extremes(parameter: Any) -> list[Any]:
    """Both ends of a range, all values of any other hyper-parameter."""
    if hasattr(parameter, "max_value"):
        return [parameter.min_value, parameter.max_value]
    return list(parameter.values)


def grid_size(space: Callable[[Any], Any], parameters: HyperParameters) -> int:
    """Number of combinations. Raises UserError for a space some of whose points ask for more than others."""
    points = list(neighbours(parameters))
    for point in points:
        with contextlib.suppress(FailedTrialError, UserError):  # an impossible point: its trial tells
            space(point)
    if any(parameter.conditions for parameter in parameters.space) or any(
        len(point.space) > len(parameters.space) for point in points
    ):
        raise UserError(CONDITIONAL)
    return math.prod(len(list(parameter.values)) for parameter in parameters.space)
