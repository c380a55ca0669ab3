"""KerasTuner's oracles with a state that survives: one file, written as a whole.

KerasTuner itself writes a file for each trial and one for the oracle; after a kill these can
disagree, and its grid cannot go on at all.
"""

from __future__ import annotations

import json
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_tuner import HyperParameters, Objective, Oracle
from keras_tuner import oracles as keras_oracles
from keras_tuner.engine.trial import Trial, TrialStatus
from sklearn.exceptions import ConvergenceWarning

from kerasaudio.data.files import write_text
from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.experiment import SEEDS

CHECKSUM = ', "crc32": '  # of everything before it in the oracle's file

CONDITIONAL = (
    "The space has hyper-parameters at some points only, which a grid can't enumerate: use random."
)


class ResumableOracle(Oracle):
    """An oracle that keeps its state and all its trials in one file, so that these always agree.

    KerasTuner writes one file for each trial and one for the oracle, and none of them as a whole.
    If the process dies, what was running is lost or runs twice there.
    """

    block = 192  # trials that are drawn together
    learns = False  # whether later trials depend on the results of earlier ones

    def save(self) -> None:
        """Does nothing: KerasTuner saves at every turn, here the tuner calls `write_state`."""

    def write_state(self) -> None:
        """Writes the state and all trials to the oracle's file."""
        ended = self.__dict__.setdefault("ended_as_json", {})  # an ended trial never changes
        for number in self.end_order[len(ended) :]:
            ended[number] = json.dumps(self.trials[number].get_state())
        trials = ", ".join(
            ended.get(number) or json.dumps(trial.get_state())
            for number, trial in self.trials.items()
        )
        state = f'{{"oracle": {json.dumps(self.get_state())}, "trials": [{trials}]'
        write_text(Path(self._get_oracle_fname()), f"{state}{CHECKSUM}{_check(state)}}}")

    def rest_of_block(self) -> int:
        """Returns how many trials are left to draw of the block that is next.

        Those that ran when the process died come first, in the blocks that they were drawn in:
        what trains together stays the same, and an oracle that learns draws no others before it
        knows their results.
        """
        again = [int(number) // self.block for number in self._retry_queue]
        if again:
            return again.count(again[-1])
        return self.block - len(self.trials) % self.block

    def _save_trial(self, trial: Trial) -> None:
        """Does nothing: a trial is saved with the oracle."""

    @contextmanager
    def running(self, trial: Trial) -> Iterator[None]:
        """Notes in the oracle's file that a trial runs, unless an exception ends it.

        Args:
            trial: The trial.
        """
        self._run_times[trial.trial_id] += 1
        self.write_state()
        try:
            yield
        except BaseException:  # such as Ctrl-C: the process lives, and the trial will run again
            self._run_times[trial.trial_id] -= 1
            self.write_state()
            raise

    def deaths(self, trial: Trial) -> int:
        """Returns how many processes died while a trial ran, which is to run now.

        Args:
            trial: The trial.
        """
        return self._run_times[trial.trial_id]

    def reload(self) -> None:
        """Reads the state back; trials that were running when it was written run first.

        Raises:
            UserError: If the file is damaged.
        """
        path = Path(self._get_oracle_fname())
        try:
            saved = _checked(path.read_text(encoding="utf-8"))
            self.trials = {state["trial_id"]: Trial.from_state(state) for state in saved["trials"]}
            self.set_state(saved["oracle"])
        except DAMAGED as error:
            raise UserError(
                f"{path} is damaged ({error}): remove the search's folder {path.parents[1]} to "
                "search anew."
            ) from error
        self.ongoing_trials.clear()
        running = [
            number for number, trial in self.trials.items() if trial.status == TrialStatus.RUNNING
        ]
        self._retry_queue = running[::-1]


def _check(state: str) -> int:
    return zlib.crc32(state.encode())


def _checked(text: str) -> dict[str, Any]:
    """What `write_state` wrote; ValueError for another checksum. Earlier versions wrote none."""
    state, found, check = text.rpartition(CHECKSUM)
    if found and check != f"{_check(state)}}}":
        raise ValueError("its checksum is another one")
    return json.loads(text)


class GridOracle(ResumableOracle):
    """Draws every combination once; the last hyper-parameter changes fastest.

    The number of a trial, written in the mixed radix of the choices, is its combination. So there
    is no state but the trials themselves. (KerasTuner's GridSearch has a linked list, which it
    can't restore.)
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns the combination of a trial, or the end of the grid, as KerasTuner expects it.

        Args:
            trial_id: Number of the trial.
        """
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
        """Adds the hyper-parameters that a point asked for.

        Args:
            hyperparameters: The point.

        Raises:
            UserError: If there are new ones when trials have been drawn: their combinations would
                change.
        """
        before = len(self.hyperparameters.space)
        super().update_space(hyperparameters)
        if self.trials and len(self.hyperparameters.space) > before:
            raise UserError(CONDITIONAL)


class RandomOracle(ResumableOracle, keras_oracles.RandomSearchOracle):
    """Draws points at random, with KerasTuner's random search."""


class BayesianOracle(ResumableOracle, keras_oracles.BayesianOptimizationOracle):
    """Draws points with KerasTuner's Bayesian optimization, which learns after each block."""

    block = 8
    learns = True

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns what KerasTuner draws, without scikit-learn's advice on its kernel's bounds.

        Args:
            trial_id: Number of the trial.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().populate_space(trial_id)


class HyperbandOracle(ResumableOracle, keras_oracles.HyperbandOracle):
    """Draws points with KerasTuner's Hyperband, which sets the epochs of its trials."""

    learns = True


ORACLES: dict[str, type[ResumableOracle]] = {
    "grid": GridOracle,
    "random": RandomOracle,
    "bayesian": BayesianOracle,
    "hyperband": HyperbandOracle,
}


def build_oracle(strategy: str, objective: Objective, seed: int, epochs: int) -> ResumableOracle:
    """Returns the oracle of a strategy.

    Args:
        strategy: A key of `ORACLES`.
        objective: What trials are selected on.
        seed: Seed of the fit.
        epochs: The most epochs that Hyperband gives a trial.
    """
    settings: dict[str, Any] = {
        "objective": objective,
        # KerasTuner draws a random seed if it is given 0
        "seed": (seed + 1) % SEEDS or SEEDS // 2,
        # one bad corner of a space does not end a search
        "max_consecutive_failed_trials": 1_000_000,
    }
    if strategy == "hyperband":
        settings["max_epochs"] = epochs
    elif strategy != "grid":
        settings["max_trials"] = None
    oracle = ORACLES[strategy](**settings)
    oracle.verbose = 0
    return oracle
