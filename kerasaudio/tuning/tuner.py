"""A KerasTuner tuner whose trials are ordinary experiments."""

from __future__ import annotations

import functools
import gc
import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
from keras_tuner import Oracle
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FailedTrialError

from kerasaudio.data.splits import Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import SEEDS, Experiment
from kerasaudio.training import fitting, pipeline
from kerasaudio.training.assemble import assemble, behind
from kerasaudio.tuning import oracles
from kerasaudio.tuning.stacks import stackable
from kerasaudio.tuning.stacks.blocks import Trained, Trainer
from kerasaudio.tuning.stacks.epoch import METRICS, one_thread_each
from kerasaudio.tuning.stacks.stackable import Member

Space = Callable[[Any], Experiment]
TOLD = ("val_accuracy", "val_loss", "accuracy", "loss", "best_val_loss")  # of a trial
COLUMNS = (
    "trial",
    "objective",
    "val_auc",
    *TOLD,
)  # of the table of trials, beside the hyper-parameters


@dataclass(frozen=True)
class Block:
    """Trials that were drawn together: in stacks that have begun to train, or to be trained one after the other."""

    stacks: list[tuple[list[Trial], Future[list[Trained]]]]
    alone: list[Trial]


class Tuner(BaseTuner):
    """Draws trials from an oracle until `limit` have ended, or the oracle has no more.

    `space` maps KerasTuner's HyperParameters to an experiment, `load` a data set and a front end to splits.
    """

    def __init__(
        self,
        oracle: Oracle,
        space: Space,
        load: Callable[[Any, Any], Splits],
        folder: Path,
        limit: int | None,
    ) -> None:
        self.space, self.load, self.limit = space, load, limit
        self.stacked = self.alone = 0  # trials that this process has trained
        self.trained: dict[str, Trained] = {}  # by trial, those of the last stack
        super().__init__(oracle, hypermodel=space, directory=str(folder), project_name="oracle")
        if Path(oracle._get_oracle_fname()).is_file():
            oracle.reload()

    def _get_tuner_fname(self) -> str:
        return ""  # the oracle's file is all there is to reload

    def ended(self) -> list[Trial]:
        """Trials that are over, in the order in which they ended."""
        return [self.oracle.trials[name] for name in self.oracle.end_order]

    def _populate_initial_space(self) -> None:
        """Learn what points ask for. (KerasTuner looks at unseeded ones, and ends where one of them is impossible.)"""
        self.explored = oracles.explore(self.space)
        for point, _ in self.explored:
            self.oracle.update_space(point)

    def search(self, report: Callable[[list[Trial]], None]) -> None:
        """Run what is left; `report` hears of every stack that ends, and of every trial alone, before it is kept.

        The next block is drawn and begins while one trains, where that changes nothing.
        """
        if self.all_stacked():
            one_thread_each()
        try:
            block = self._begin()
            while block:
                ahead = None if block.alone or self.oracle.learns else self._begin()
                for trials in self._end(block):
                    report(trials)
                    self.oracle.keep()
                block = ahead or self._begin()
        finally:
            if "trainer" in vars(self):
                self.trainer.stop()

    def all_stacked(self) -> bool:
        """Whether stacks are all that is to be computed, as far as what was explored tells."""
        possible = [experiment for _, experiment in self.explored if experiment]
        return all(
            experiment.data.rate is None and stackable.member(experiment) for experiment in possible
        )

    def _begin(self) -> Block | None:
        """Draw the next trials, and train in stacks what can be; one that has to be trained alone ends a block."""
        members: list[tuple[Trial, Member]] = []
        alone: list[Trial] = []
        for _ in range(self._room()):
            trial = self.oracle.create_trial(f"place-{self._begun()}")
            if trial.status != TrialStatus.RUNNING:
                break
            member = self._member(self.experiment, trial)
            self.oracle.update_space(
                trial.hyperparameters
            )  # what only this point asked for is drawn from now on
            if not member:
                alone.append(trial)
                break
            members.append((trial, member))
        begun = self.trainer.start([member for _, member in members]) if members else []
        stacks = [([members[place][0] for place in places], trained) for places, trained in begun]
        return Block(stacks, alone) if members or alone else None

    def _begun(self) -> int:
        return len(self.oracle.end_order) + len(self.oracle.ongoing_trials)

    def _room(self) -> int:
        """Trials that the next block may have; blocks are the same ones after a kill."""
        rest = self.oracle.block - self._begun() % self.oracle.block
        return rest if self.limit is None else min(rest, self.limit - self._begun())

    def _end(self, block: Block) -> Iterator[list[Trial]]:
        """Wait for the stacks of a block, train what is alone, and tell the oracle: the trials that ended together."""
        for trials, stack in block.stacks:
            self.trained = {
                trial.trial_id: each for trial, each in zip(trials, stack.result(), strict=True)
            }
            for trial in trials:
                self._judge(trial)
                self.oracle.end_trial(trial)
            self.stacked += len(trials)
            yield trials
        for trial in block.alone:
            self.run_trial(trial)
            self.oracle.end_trial(trial)
            self.alone += 1
            yield [trial]

    def _member(self, make: Callable[[Any], Experiment], point: Any) -> Member | None:
        try:
            return stackable.member(make(point))
        except (FailedTrialError, UserError):
            return None  # run_trial finds and tells what is wrong

    def _judge(self, trial: Trial) -> None:
        """Tell the oracle how a stacked trial went; a diverging one fails."""
        rows = self.trained[trial.trial_id].history
        broken = next((row for row in rows if not math.isfinite(row["loss"])), None)
        if broken:
            trial.status = TrialStatus.FAILED
            trial.message = f"The loss became {broken['loss']} in epoch {broken['epoch']}."
        else:
            self._complete(trial, {name: [row[name] for row in rows] for name in METRICS})

    @functools.cached_property
    def trainer(self) -> Trainer:
        """What trains stacks; it knows the widest model of the space, and pads narrower ones where that pays."""
        return Trainer(
            self.load, self._member(self.space, oracles.widest(self.oracle.hyperparameters))
        )

    def run_trial(self, trial: Trial) -> None:
        """Fit the trial's experiment and tell the oracle how its last epoch went; an impossible point fails."""
        try:
            experiment = self.experiment(trial)
            history = fit_trial(experiment, self.load(experiment.data, experiment.frontend))
        except (FailedTrialError, UserError) as error:
            trial.status, trial.message = TrialStatus.FAILED, str(error)
            return
        self._complete(trial, history)

    def _complete(self, trial: Trial, history: dict[str, list[float]]) -> None:
        """A trial is judged after its last epoch; its best validation loss is told beside that."""
        last = {name: float(values[-1]) for name, values in history.items()}
        for name in (
            *last,
            "best_val_loss",
        ):  # or KerasTuner builds Keras metrics to learn which way is up
            trial.metrics.register(
                name, direction="max" if name.endswith(("accuracy", "auc")) else "min"
            )
        self.oracle.update_trial(
            trial.trial_id, {**last, "best_val_loss": float(min(history["val_loss"]))}
        )
        trial.status = TrialStatus.COMPLETED

    def experiment(self, trial: Trial) -> Experiment:
        """The trial's experiment, under a seed of its own."""
        experiment = self.space(trial.hyperparameters)
        values = trial.hyperparameters.values
        epochs = values.get("tuner/epochs", experiment.fit.epochs)
        seed = (experiment.fit.seed + self._first_round(trial)) % SEEDS
        return replace(
            experiment,
            fit=replace(experiment.fit, epochs=epochs, seed=seed, keep="last", patience=None),
        )

    def _first_round(self, trial: Trial) -> int:
        """The trial's number, or that of the one it continues under Hyperband: the same training, longer."""
        while "tuner/trial_id" in trial.hyperparameters.values:
            trial = self.oracle.trials[trial.hyperparameters.values["tuner/trial_id"]]
        return int(trial.trial_id)


def fit_trial(experiment: Experiment, splits: Splits) -> dict[str, list[float]]:
    """Train without a run folder; each metric's value after every epoch."""
    fit = experiment.fit
    model = behind(assemble(experiment, splits.train), splits.train)
    steps = pipeline.steps_per_epoch(splits.train, fit.batch_size)
    history = model.fit(
        pipeline.training_batches(splits.train, fit.batch_size, fit.seed, range(fit.epochs)),
        validation_data=pipeline.batches(splits.valid, 512),
        epochs=fit.epochs,
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
        callbacks=[fitting.EpochSeeds(), fitting.StopOnNaN(steps), fitting.Schedule(fit, [])],
    ).history
    del model
    keras.backend.clear_session(free_memory=True)
    gc.freeze()  # what a trial leaves behind is not searched again after every later one
    return history
