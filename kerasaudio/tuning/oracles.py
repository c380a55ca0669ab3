"""KerasTuner's oracles, made to survive: one state file, written whole, from which a search goes on."""

from __future__ import annotations

import contextlib
import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_tuner import HyperParameters, Objective, Oracle
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FailedTrialError
from keras_tuner.oracles import BayesianOptimizationOracle, HyperbandOracle, RandomSearchOracle
from sklearn.exceptions import ConvergenceWarning

from kerasaudio.errors import UserError
from kerasaudio.experiment import SEEDS
from kerasaudio.runs.runs import write_text

CONDITIONAL = (
    "The space has hyper-parameters at some points only, which a grid can't enumerate: use random."
)
Points = list[
    tuple[HyperParameters, Any]
]  # what each asked for, and what it maps to; None for an impossible one


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
        trials = ", ".join(
            told.get(name) or json.dumps(trial.get_state()) for name, trial in self.trials.items()
        )
        write_text(
            Path(self._get_oracle_fname()),
            f'{{"oracle": {json.dumps(self.get_state())}, "trials": [{trials}]}}',
        )

    def _save_trial(self, trial: Trial) -> None:
        """A trial is saved with the oracle."""

    def reload(self: Any) -> None:
        """Read the state back; trials that were running are first in the queue, trials that ended stay ended."""
        saved = json.loads(Path(self._get_oracle_fname()).read_text())
        self.trials = {state["trial_id"]: Trial.from_state(state) for state in saved["trials"]}
        self.set_state(saved["oracle"])
        self.ongoing_trials.clear()
        waiting = [
            name for name, trial in self.trials.items() if trial.status == TrialStatus.RUNNING
        ]
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
        return {
            "status": TrialStatus.RUNNING,
            "values": {name: values[name] for name in reversed(values)},
        }

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

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """KerasTuner's, without scikit-learn's advice on the bounds of its kernel, which nobody here can follow."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().populate_space(trial_id)


class BandOracle(Resumable, HyperbandOracle):
    """KerasTuner's Hyperband; it sets the epochs of its trials."""

    learns = True


def build(strategy: str, objective: Objective, seed: int, epochs: int) -> Oracle:
    """The oracle of a strategy. `epochs` is the most that Hyperband gives a trial."""
    settings = {
        "objective": objective,
        "seed": (seed + 1) % SEEDS
        or SEEDS // 2,  # KerasTuner draws a random seed where it is given 0
        "max_consecutive_failed_trials": 1_000_000,  # one bad corner of a space does not end a search
    }
    if strategy == "grid":
        return GridOracle(**settings)
    if strategy == "hyperband":
        return BandOracle(max_epochs=epochs, **settings)
    return {"random": RandomOracle, "bayesian": BayesianOracle}[strategy](
        max_trials=None, **settings
    )


def explore(space: Callable[[Any], Any]) -> Points:
    """The default point and what differs from it in one value, of a range in either end.

    A hyper-parameter that only some points ask for is varied at the first of them. Raises a UserError of the default
    point's own.
    """
    first = HyperParameters()
    points = [(first, _possible(space, first, FailedTrialError))]
    varied = set()
    for point, _ in points:
        for parameter in point.space:
            told = repr(parameter.get_config())
            if told in varied or not point.is_active(parameter):
                continue
            varied.add(told)
            for value in _extremes(parameter):
                if value != point.values[parameter.name]:
                    other = HyperParameters()
                    other.values = {**point.values, parameter.name: value}
                    points.append((other, _possible(space, other, FailedTrialError, UserError)))
    return points


def _possible(
    space: Callable[[Any], Any], point: HyperParameters, *impossible: type[Exception]
) -> Any:
    with contextlib.suppress(*impossible):
        return space(point)
    return None


def widest(space: HyperParameters) -> HyperParameters:
    """The corner of the space where every number is largest."""
    corner = space.copy()
    for parameter in corner.space:
        values = _extremes(parameter)
        largest = all(isinstance(value, int | float) for value in values)
        corner.values[parameter.name] = max(values) if largest else parameter.default
    return corner


def _extremes(parameter: Any) -> list[Any]:
    """Both ends of a range, all values of any other hyper-parameter."""
    if hasattr(parameter, "max_value"):
        return [parameter.min_value, parameter.max_value]
    return list(parameter.values)


def grid_size(points: Points) -> int:
    """Number of combinations of an explored space. Raises UserError where not all points ask for the same."""
    spaces = [point.space for point, possible in points if possible]
    names = [{parameter.name for parameter in space} for space in spaces]
    if any(parameter.conditions for parameter in spaces[0]) or any(
        each != names[0] for each in names
    ):
        raise UserError(CONDITIONAL)
    return math.prod(len(list(parameter.values)) for parameter in spaces[0])
