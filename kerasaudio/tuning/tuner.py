"""A KerasTuner tuner whose trials are ordinary experiments.

A trial has a seed of its own, the experiment's plus the trial's number, and is judged after its
last epoch, as in the papers. Only the best trial is scored on the test examples.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from pathlib import Path

from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FailedTrialError

from kerasaudio.cluster.executor import NoWorkerError, RayExecutor
from kerasaudio.errors import UserError
from kerasaudio.experiment import SEEDS, Experiment
from kerasaudio.training.history import Row
from kerasaudio.tuning import outcome
from kerasaudio.tuning.later import Later
from kerasaudio.tuning.oracles import ResumableOracle
from kerasaudio.tuning.space import Space, explore, widest
from kerasaudio.tuning.stacks.blocks import Load, Trainer, fits
from kerasaudio.tuning.stacks.epoch import METRICS
from kerasaudio.tuning.stacks.runtime import use_one_thread_per_operation
from kerasaudio.tuning.stacks.stackable import Member, member
from kerasaudio.tuning.stacks.trained import Trained
from kerasaudio.tuning.training import IMPOSSIBLE, Work, train_trial

DEATHS = 2  # processes that may die while a trial runs before it counts as failed
AHEAD = 2  # stacks or single trials in flight for each worker, so that none waits for its next one

Waiting = dict[Future, Callable[[], list[Trial]]]  # what ends the trials once the future is done


class Tuner(BaseTuner):
    """Draws trials from an oracle and trains them, in stacks where that is possible.

    Args:
        oracle: The oracle.
        space: Maps KerasTuner's hyper-parameters to an experiment.
        load: Returns the splits of a data set, with what the front end precomputes.
        folder: The search's folder; the oracle's file goes below it.
        limit: Number of trials after which the search ends. `None` leaves that to the oracle.

    Attributes:
        executor: Where trials are trained; `None` for this process.
        work: What other processes are told.
    """

    executor: RayExecutor | None = None
    work: Work

    def __init__(
        self, oracle: ResumableOracle, space: Space, load: Load, folder: Path, limit: int | None
    ) -> None:
        self.space, self.load, self.limit = space, load, limit
        self.stacked = self.alone = 0  # trials that this process has trained
        self.trained: dict[str, Trained] = {}  # the trials of the last stack, by number
        super().__init__(oracle, hypermodel=space, directory=str(folder), project_name="oracle")
        if Path(oracle._get_oracle_fname()).is_file():
            oracle.reload()

    def _get_tuner_fname(self) -> str:
        return ""  # all that has to be reloaded is in the oracle's file

    @property
    def objective(self) -> str:
        """Name of the column of the history that trials are selected on."""
        return str(self.oracle.objective.name)

    def ended(self) -> list[Trial]:
        """Returns the trials that have ended, in the order in which they ended."""
        return [self.oracle.trials[number] for number in self.oracle.end_order]

    def _populate_initial_space(self) -> None:
        """Finds the hyper-parameters; KerasTuner's own way ends at the first impossible point."""
        self.explored = explore(self.space)
        for point, _ in self.explored:
            self.oracle.update_space(point)

    def search(self, report: Callable[[list[Trial]], None]) -> None:
        """Runs all trials that are left.

        The next block is drawn and started while one trains, if its trials are the same then.

        Args:
            report: Called with the trials of each stack that ends and with each trial that trained
                alone, before the oracle's state is written.
        """
        if self.all_stacked():
            use_one_thread_per_operation()
        waiting: Waiting = {}
        try:
            while self._fill(waiting):
                for done in self._wait(waiting):
                    report(waiting.pop(done)())
                    self.oracle.write_state()
        finally:
            if "trainer" in vars(self):
                self.trainer.stop()

    def _fill(self, waiting: Waiting) -> bool:
        """Draws and starts trials while there is room; returns whether any are waited for."""
        if not (waiting and self.oracle.learns):
            while self._has_room(waiting) and (begun := self._begin()):
                waiting.update(begun)
        return bool(waiting)

    def _has_room(self, waiting: Waiting) -> bool:
        """Whether more trials are drawn; those of a block that learns are drawn together."""
        if not waiting:
            return True
        if self.executor is None:
            alone = any(isinstance(each, Later) for each in waiting)
            drawn = len(self.oracle.ongoing_trials)
            return not (alone or self.oracle.learns) and drawn <= self.oracle.block
        if self.oracle.learns:
            return self._begun() % self.oracle.block > 0
        return len(waiting) < AHEAD * max(1, self.executor.workers)

    def _wait(self, waiting: Waiting) -> set[Future]:
        """Waits for what is done next; a trial that trains alone in this process comes last."""
        elsewhere = [each for each in waiting if not isinstance(each, Later)]
        if elsewhere:
            return wait(elsewhere, return_when=FIRST_COMPLETED).done
        later = next(each for each in waiting if isinstance(each, Later))
        later.run()
        return {later}

    def all_stacked(self) -> bool:
        """Returns whether stacks are all that will be computed, as far as can be foreseen."""
        return all(
            experiment.data.rate is None and self._member(experiment)
            for _, experiment in self.explored
            if experiment
        )

    def _begin(self) -> Waiting:
        """Draws a block and starts its stacks; a trial that trains alone ends a block."""
        members: list[tuple[Trial, Member]] = []
        waiting: Waiting = {}
        for _ in range(self._room()):
            trial = self.oracle.create_trial(f"place-{self._begun()}")
            if trial.status != TrialStatus.RUNNING:
                break
            found = self._member_at(functools.partial(self.experiment, trial))
            # what only this point asked for is drawn from now on
            self.oracle.update_space(trial.hyperparameters)
            if not found:
                alone = self._start_alone(trial)
                waiting[alone] = functools.partial(self._end_alone, trial, alone)
                break
            members.append((trial, found))
        started = self.trainer.start([found for _, found in members]) if members else []
        for places, stack in started:
            trials = [members[place][0] for place in places]
            waiting[stack] = functools.partial(self._end_stack, trials, stack)
        return waiting

    def _start_alone(self, trial: Trial) -> Future:
        """Starts a trial in another process, or when this one has nothing else to wait for.

        It fails if its point is impossible, or if the process died twice while it ran: the system
        may end a process that takes too much memory.
        """
        try:
            if self.oracle.deaths(trial) >= DEATHS:
                raise UserError(f"The process died {DEATHS} times while this trial ran.")
            if self.executor is None:
                return Later(lambda: self._train_alone(trial))
            return self.executor.submit(self.work.alone, self.experiment(trial))
        except IMPOSSIBLE as error:
            impossible: Future = Future()
            impossible.set_exception(error)
            return impossible

    def _train_alone(self, trial: Trial) -> list[Row]:
        with self.oracle.running(trial):
            experiment = self.experiment(trial)
            splits = self.load(experiment.data, experiment.frontend)
            return train_trial(experiment, splits, self.objective)

    def _begun(self) -> int:
        return len(self.oracle.end_order) + len(self.oracle.ongoing_trials)

    def _room(self) -> int:
        """Number of trials that the next block may have; it is the same after a restart."""
        rest = self.oracle.rest_of_block()
        return rest if self.limit is None else min(rest, self.limit - self._begun())

    def _end_stack(self, trials: list[Trial], stack: Future[list[Trained]]) -> list[Trial]:
        numbers = [trial.trial_id for trial in trials]
        self.trained = dict(zip(numbers, stack.result(), strict=True))
        for trial in trials:
            outcome.end(self.oracle, trial, self.trained[trial.trial_id].history)
        self.stacked += len(trials)
        return trials

    def _end_alone(self, trial: Trial, alone: Future[list[Row]]) -> list[Trial]:
        try:
            found: list[Row] | str = alone.result()
        except NoWorkerError:
            raise
        except IMPOSSIBLE as error:
            found = str(error)
        outcome.end(self.oracle, trial, found)
        self.alone += 1
        return [trial]

    def _member(self, experiment: Experiment) -> Member | None:
        """The experiment as a member of a stack, if stacks can train it.

        They compute the columns of `METRICS` alone, and a member that fits into no stack's memory
        trains by itself, where only its own trial fails.
        """
        found = member(experiment) if self.objective in METRICS else None
        return found if found and fits(found) else None

    def _member_at(self, make: Callable[[], Experiment]) -> Member | None:
        try:
            return self._member(make())
        except (FailedTrialError, UserError):
            return None  # the trial finds the reason again, alone

    @functools.cached_property
    def trainer(self) -> Trainer:
        """The trainer of stacks, which pads narrow models where that pays."""
        corner = widest(self.oracle.hyperparameters)
        elsewhere = None
        if self.executor:
            elsewhere = functools.partial(self.executor.submit, self.work.stack)
        return Trainer(self.load, self._member_at(lambda: self.space(corner)), elsewhere)

    def experiment(self, trial: Trial) -> Experiment:
        """Returns the experiment of a trial, with a seed of its own.

        Args:
            trial: The trial.
        """
        experiment = self.space(trial.hyperparameters)
        values = trial.hyperparameters.values
        epochs = values.get("tuner/epochs", experiment.fit.epochs)
        seed = (experiment.fit.seed + self._first_round(trial)) % SEEDS
        settings = replace(experiment.fit, epochs=epochs, seed=seed, keep="last", patience=None)
        return replace(experiment, fit=settings)

    def _first_round(self, trial: Trial) -> int:
        """Number of the trial, or of the trial that it repeats for more epochs (Hyperband)."""
        while "tuner/trial_id" in trial.hyperparameters.values:
            trial = self.oracle.trials[trial.hyperparameters.values["tuner/trial_id"]]
        return int(trial.trial_id)
