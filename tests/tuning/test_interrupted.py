"""Searches that end in the middle and go on as if they had not."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from keras_tuner import Objective

from kerasaudio.experiment.catalogue import load
from kerasaudio.models.mlp import MLP
from kerasaudio.tuning.oracles import build_oracle
from kerasaudio.tuning.tuner import Tuner

KEPT = "kept.json"


class Stopped(Exception):
    """Raised in place of the signal that ends a process."""


def space(hp):
    experiment = load("gtzan_mlp").experiment
    model = MLP((8,), (hp.Float("dropout", 0.0, 0.5),))
    return replace(experiment, model=model, fit=replace(experiment.fit, batch_size=280))


def tuner(folder: Path, strategy: str, metric: str, load, limit: int | None = None) -> Tuner:
    oracle = build_oracle(strategy, Objective(metric, "max"), seed=0, epochs=9)
    return Tuner(oracle, space, load, folder, limit)


def results(found: Tuner) -> list[tuple]:
    return [
        (number, trial.hyperparameters.values, trial.score)
        for number, trial in found.oracle.trials.items()
    ]


def test_hyperband_keeps_its_numbering_after_a_stop_between_two_stacks(tmp_path, standin_root):
    """All trials of its first bracket have ended then: enough to draw a second round."""

    def hyperband(folder: Path) -> Tuner:
        return tuner(
            folder, "hyperband", "val_accuracy", lambda data, frontend: data.load(standin_root)
        )

    def search_until(stop: int, found: Tuner) -> list[tuple]:
        write = found.oracle.write_state

        def write_and_stop():
            write()
            if len(found.ended()) >= stop:
                raise Stopped

        found.oracle.write_state = write_and_stop
        found.search(lambda ended: None)
        return results(found)

    expected = search_until(100, hyperband(tmp_path / "whole"))
    assert {values["tuner/round"] for _, values, _ in expected} == {0, 1, 2}
    with pytest.raises(Stopped):
        search_until(9, hyperband(tmp_path / "broken"))
    again = hyperband(tmp_path / "broken")
    assert 9 <= len(again.ended()) < len(expected)
    assert search_until(100, again) == expected


@pytest.fixture
def grid(tmp_path):
    """A grid of three trials that train alone, and the state of its first while that runs."""
    path = tmp_path / "oracle" / "oracle.json"

    def stop(data, frontend):
        shutil.copy(path, tmp_path / KEPT)
        raise Stopped

    def begin() -> Tuner:
        return tuner(tmp_path, "grid", "val_macro_f1", stop, limit=3)

    def die() -> None:
        with pytest.raises(Stopped):
            begin().search(lambda ended: None)
        shutil.copy(tmp_path / KEPT, path)  # what a killed process would have left

    return begin, die


def test_a_trial_at_which_the_process_died_twice_fails_and_the_next_one_runs(grid):
    begin, die = grid
    die()
    die()
    found = begin()
    reported = []
    with pytest.raises(Stopped):
        found.search(reported.extend)
    (failed,) = reported
    assert (failed.trial_id, failed.status) == ("0000", "FAILED")
    assert failed.message == "The process died 2 times while this trial ran."
    assert list(found.oracle.trials) == ["0000", "0001"]


def test_a_trial_that_was_told_to_stop_is_tried_again_however_often(grid):
    begin, _ = grid
    for _ in range(4):
        with pytest.raises(Stopped):
            begin().search(lambda ended: pytest.fail("no trial has ended"))
