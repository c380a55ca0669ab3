"""Runs that are stopped, and go on to what they would have been."""

import json

import pytest

from kerasaudio.runs import results, train
from kerasaudio.runs.folder import Run
from kerasaudio.training import checkpoint
from kerasaudio.training.callbacks import EpochProgress


@pytest.mark.parametrize("settings", [(), ("fit.sampling=balanced", "fit.class_weights=balanced")])
def test_an_interrupted_run_resumes_to_what_it_would_have_been(
    command, tmp_path, monkeypatch, settings
):
    changes = [word for setting in ("fit.epochs=6", *settings) for word in ("--set", setting)]
    arguments = ("--experiment", "gtzan_mlp", *changes)
    command("train", *arguments)

    on_epoch_end = EpochProgress.on_epoch_end

    def interrupt(self, epoch, logs=None):
        on_epoch_end(self, epoch, logs)
        if epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0)
    monkeypatch.setattr(EpochProgress, "on_epoch_end", interrupt)
    outcome = command("train", *arguments)
    assert outcome.code == 130
    assert (
        "4 epochs are saved. Go on with: python -m kerasaudio.train --resume runs/gtzan_mlp-002"
        in outcome.err
    )
    whole, half = tmp_path / "runs" / "gtzan_mlp-001", tmp_path / "runs" / "gtzan_mlp-002"
    refused = command("evaluate", half)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "half a run" in refused.err

    monkeypatch.setattr(EpochProgress, "on_epoch_end", on_epoch_end)
    assert command("train", "--resume", half).code == 0
    assert (half / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    assert (half / "predictions.csv").read_bytes() == (whole / "predictions.csv").read_bytes()
    assert not (half / "last.weights.h5").exists()


def test_a_run_that_is_stopped_while_it_is_scored_has_nothing_to_train_again(command, monkeypatch):
    def interrupt(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(train, "write_results", interrupt)
        outcome = command("train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=3")
    assert outcome.code == 130
    assert (
        "3 epochs are saved. Go on with: python -m kerasaudio.train --resume runs/gtzan_mlp-001"
        in outcome.err
    )
    resumed = command("train", "--resume", "runs/gtzan_mlp-001")
    assert resumed.code == 0
    assert "epoch " in outcome.out
    assert "epoch " not in resumed.out


def test_a_run_that_is_stopped_among_its_baselines_is_scored_and_goes_on_with_them(
    command, tmp_path, monkeypatch
):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    arguments = ("--experiment", "gtzan_mlp", "--set", "fit.epochs=2")
    command("train", *arguments)
    with monkeypatch.context() as patch:
        patch.setattr(results, "quick_accuracies", interrupt)
        assert command("train", *arguments).code == 130
    whole, half = tmp_path / "runs" / "gtzan_mlp-001", tmp_path / "runs" / "gtzan_mlp-002"
    assert command("evaluate", half).code == 0
    assert command("train", "--resume", half).code == 0
    assert {path.name for path in half.iterdir()} == {path.name for path in whole.iterdir()}
    for name in ("scores.json", "report.html"):
        assert (half / name).read_bytes() == (whole / name).read_bytes()
    assert "nothing to resume" in command("train", "--resume", half).err


def test_what_a_run_that_was_killed_last_of_all_did_not_remove_goes(command, tmp_path, monkeypatch):
    def interrupt(*arguments):
        results.write_results(*arguments)
        raise KeyboardInterrupt

    half = tmp_path / "runs" / "gtzan_mlp-001"
    with monkeypatch.context() as patch:
        patch.setattr(train, "write_results", interrupt)
        command("train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=2")
    assert Run(half).read("scores.json")["baselines"] and (half / "last.weights.h5").is_file()
    assert command("train", "--resume", half).code == 0
    assert not (half / "last.weights.h5").exists()


def test_a_run_that_another_process_finishes_meanwhile_is_not_trained_again(
    command, tmp_path, trained, monkeypatch
):
    half = tmp_path / "half"
    half.mkdir()
    for name in ("experiment.json", "environment.json", "splits.json"):
        (half / name).write_bytes((trained / name).read_bytes())
    scores = Run(trained).read("scores.json")
    monkeypatch.setattr(train, "announce", lambda run, *_: run.write("scores.json", scores))
    assert "nothing to resume" in command("train", "--resume", half).err
    assert not (half / "history.csv").exists()


def test_a_run_that_cannot_be_written_to_is_not_resumed(command, tmp_path, trained, monkeypatch):
    half = tmp_path / "half"
    half.mkdir()
    for name in ("experiment.json", "environment.json", "splits.json"):
        (half / name).write_bytes((trained / name).read_bytes())
    monkeypatch.setattr(train.os, "access", lambda *_: False)
    told = command("train", "--resume", half)
    assert told.code == 2 and "half cannot be written to: give it write" in told.err


def test_a_resumed_run_needs_the_data_it_began_on(command, tmp_path, trained):
    half = tmp_path / "half"
    half.mkdir()
    for name in ("experiment.json", "environment.json", "splits.json"):
        (half / name).write_bytes((trained / name).read_bytes())
    described = json.loads((half / "splits.json").read_text())
    (half / "splits.json").write_text(json.dumps({**described, "members": "0" * 64}))
    assert "was trained on other data" in command("train", "--resume", half).err
    assert "nothing to resume" in command("train", "--resume", trained).err


def test_an_own_file_is_part_of_the_command_that_goes_on(command, tmp_path, monkeypatch):
    own = tmp_path / "own.py"
    own.write_text(
        "from kerasaudio.experiment.catalogue import load\n"
        "experiment = load('gtzan_mlp').experiment\n"
    )

    def interrupt(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "fit", interrupt)
    assert (
        f"--resume runs/own-001 --experiment {own}\n" in command("train", "--experiment", own).err
    )


@pytest.mark.parametrize(
    ("several", "summary"),
    [(("--seeds", 3), "seeds.json"), (("--protocols", "filtered,random_70_30"), "protocols.json")],
)
def test_several_runs_go_on_after_one_was_interrupted(
    command, tmp_path, monkeypatch, several, summary
):
    arguments = ("--experiment", "gtzan_mlp", "--set", "fit.epochs=2", *several)
    assert command("train", *arguments).code == 0
    on_epoch_end, heard = EpochProgress.on_epoch_end, []

    def interrupt(self, epoch, logs=None):
        on_epoch_end(self, epoch, logs)
        heard.append(epoch)
        if len(heard) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(EpochProgress, "on_epoch_end", interrupt)
        outcome = command("train", *arguments)
    assert outcome.code == 130
    assert "1 of " in outcome.err
    assert "Go on with: python -m kerasaudio.train --resume runs/gtzan_mlp-002\n" in outcome.err
    assert command("train", "--resume", "runs/gtzan_mlp-002").code == 0
    whole, resumed = (tmp_path / "runs" / f"gtzan_mlp-00{number}" / summary for number in (1, 2))
    assert resumed.read_text() == whole.read_text()
    assert "nothing to resume" in command("train", "--resume", "runs/gtzan_mlp-002").err


def test_several_runs_that_cannot_begin_leave_nothing(command, tmp_path):
    outcome = command("train", "--experiment", "gtzan_mlp", "--data", tmp_path, "--seeds", 2)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())
