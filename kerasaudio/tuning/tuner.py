"""A KerasTuner tuner whose trials are ordinary experiments."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
from keras_tuner import Oracle
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FailedTrialError

from kerasaudio import fitting, pipeline
from kerasaudio.assemble import assemble
from kerasaudio.data.splits import Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment

Space = Callable[[Any], Experiment]


class Tuner(BaseTuner):
    """Draws trials from an oracle until `limit` have ended, or the oracle has no more.

    `space` maps KerasTuner's HyperParameters to an experiment, `load` a data set to its splits.
    """

    def __init__(
        self, oracle: Oracle, space: Space, load: Callable[[Any], Splits], folder: Path, limit: int | None
    ) -> None:
        self.space, self.load, self.limit = space, load, limit
        super().__init__(oracle, hypermodel=space, directory=str(folder), project_name="oracle")
        if Path(oracle._get_oracle_fname()).is_file():
            oracle.reload()

    def _get_tuner_fname(self) -> str:
        return ""  # the oracle's file is all there is to reload

    def ended(self) -> list[Trial]:
        """Trials that are over, in the order in which they ended."""
        return [self.oracle.trials[name] for name in self.oracle.end_order]

    def search(self, report: Callable[[Trial], None]) -> None:
        """Run what is left; `report` hears of every trial that ends."""
        while self.limit is None or len(self.oracle.end_order) < self.limit:
            trial = self.oracle.create_trial(self.tuner_id)
            if trial.status == TrialStatus.STOPPED:
                break
            self.run_trial(trial)
            self.oracle.end_trial(trial)
            report(trial)

    def run_trial(self, trial: Trial) -> None:
        """Fit the trial's experiment and tell the oracle how its last epoch went; an impossible point fails."""
        try:
            experiment = self.experiment(trial)
            metrics = fit_trial(experiment, self.load(experiment.data))
        except (FailedTrialError, UserError) as error:
            trial.status, trial.message = TrialStatus.FAILED, str(error)
            return
        self.oracle.update_trial(trial.trial_id, metrics)
        trial.status = TrialStatus.COMPLETED

    def experiment(self, trial: Trial) -> Experiment:
        """The trial's experiment, under a seed of its own."""
        experiment = self.space(trial.hyperparameters)
        values = trial.hyperparameters.values
        epochs = values.get("tuner/epochs", experiment.fit.epochs)
        seed = experiment.fit.seed + self._first_round(trial)
        return replace(experiment, fit=replace(experiment.fit, epochs=epochs, seed=seed, keep="last", patience=None))

    def _first_round(self, trial: Trial) -> int:
        """The trial's number, or that of the one it continues under Hyperband: the same training, longer."""
        while "tuner/trial_id" in trial.hyperparameters.values:
            trial = self.oracle.trials[trial.hyperparameters.values["tuner/trial_id"]]
        return int(trial.trial_id)


def fit_trial(experiment: Experiment, splits: Splits) -> dict[str, float]:
    """Train without a run folder; the metrics of the last epoch."""
    fit = experiment.fit
    model = assemble(experiment, splits.train)
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
    metrics = {name: float(values[-1]) for name, values in history.items()}
    del model
    keras.backend.clear_session(free_memory=True)
    gc.freeze()  # what a trial leaves behind is not searched again after every later one
    return metrics
