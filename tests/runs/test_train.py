import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from kerasaudio.experiment.catalogue import load
from kerasaudio.runs import results, train
from kerasaudio.runs.folder import Run
from kerasaudio.training import checkpoint
from kerasaudio.training.callbacks import EpochProgress


def history(run: Path) -> str:
    return (run / "history.csv").read_text()


def test_a_run_leaves_everything_and_says_that_it_ran_on_the_standin(command, tmp_path):
    outcome = command("train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=3")
    assert (outcome.code, outcome.err) == (0, "")
    run = tmp_path / "runs" / "gtzan_mlp-001"
    expected = {
        "experiment.json",
        "environment.json",
        "splits.json",
        "history.csv",
        "best.keras",
        "scores.json",
    }
    assert {path.name for path in run.iterdir()} == expected | {
        "predictions.csv",
        "report.html",
        "tensorboard",
    }
    assert "STAND-IN" in outcome.out
    scores = json.loads((run / "scores.json").read_text())
    assert scores["provenance"]["synthetic"] is True
    assert json.loads((run / "splits.json").read_text())["synthetic"] is True
    report = (run / "report.html").read_text()
    assert "STAND-IN" in report
    assert "http" not in report.replace("http://www.w3.org", "")  # self-contained
    assert re.search(r"epoch 3/3 .*accuracy 0\.\d+.*loss.*left", outcome.out)
    assert list((run / "tensorboard").rglob("events.out*"))


def test_predictions_give_the_accuracy_that_is_reported(trained):
    rows = pd.read_csv(trained / "predictions.csv")
    scores = json.loads((trained / "scores.json").read_text())
    assert len(rows) == scores["provenance"]["n"] == 300
    assert (rows.truth == rows.prediction).mean() == pytest.approx(
        scores["metrics"]["accuracy"]["value"]
    )
    np.testing.assert_allclose(rows.iloc[:, 3:].sum(axis=1), 1, atol=1e-5)
    assert (rows.columns[3:][rows.iloc[:, 3:].to_numpy().argmax(1)] == rows.prediction).all()


def test_the_standin_is_learnable_and_not_trivial(trained):
    accuracy = json.loads((trained / "scores.json").read_text())["metrics"]["accuracy"]["value"]
    assert 0.4 < accuracy < 0.9


def test_the_same_seed_gives_the_same_history_to_the_last_bit(command, tmp_path):
    arguments = ("--experiment", "gtzan_mlp", "--set", "fit.epochs=3", "--seed")
    for seed in (5, 5, 6):
        command("train", *arguments, seed)
    runs = [tmp_path / "runs" / f"gtzan_mlp-{number:03d}" for number in (1, 2, 3)]
    assert history(runs[0]) == history(runs[1]) != history(runs[2])
    for name in ("predictions.csv", "report.html"):
        assert (runs[0] / name).read_bytes() == (runs[1] / name).read_bytes()


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
    assert history(half) == history(whole)
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


def test_patience_stops_early_and_the_best_epoch_is_kept(command, tmp_path):
    command(
        "train",
        "--experiment",
        "gtzan_mlp",
        "--set",
        "fit.patience=2",
        "--set",
        "fit.keep=best_loss",
    )
    rows = pd.read_csv(tmp_path / "runs" / "gtzan_mlp-001" / "history.csv")
    best = rows.val_loss.idxmin()
    assert len(rows) == best + 1 + 2 < 50
    scores = json.loads((tmp_path / "runs" / "gtzan_mlp-001" / "scores.json").read_text())
    assert scores["kept_epoch"] == best + 1


@pytest.mark.parametrize(
    ("keep", "metric", "pick"),
    [("best_loss", "val_loss", "idxmin"), ("best_accuracy", "val_accuracy", "idxmax")],
)
def test_the_weights_kept_are_those_of_the_epoch_that_is_named(
    command, tmp_path, keep, metric, pick
):
    command(
        "train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=15", "--set", f"fit.keep={keep}"
    )
    run = tmp_path / "runs" / "gtzan_mlp-001"
    rows = pd.read_csv(run / "history.csv")
    chosen = rows.loc[getattr(rows[metric], pick)()]
    outcome = command("evaluate", run, "--split", "valid")
    accuracy = re.search(r"accuracy  (\d\.\d+)", outcome.out)
    assert float(accuracy.group(1)) == pytest.approx(chosen.val_accuracy, abs=6e-4)


def test_seeds_give_mean_and_spread(command, tmp_path):
    outcome = command(
        "train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=2", "--seeds", 2, "--seed", 7
    )
    folder = tmp_path / "runs" / "gtzan_mlp-001"
    each = [json.loads((folder / f"seed-{seed}" / "scores.json").read_text()) for seed in (7, 8)]
    values = [scores["metrics"]["accuracy"]["value"] for scores in each]
    summary = json.loads((folder / "seeds.json").read_text())["accuracy"]
    assert summary["mean"] == pytest.approx(np.mean(values))
    assert summary["standard_deviation"] == pytest.approx(np.std(values, ddof=1))
    assert each[0]["provenance"]["members"] != each[1]["provenance"]["members"]
    assert f"{np.mean(values):.4f}" in outcome.out


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


def test_a_loss_that_is_no_number_stops_the_run_and_says_where(command):
    outcome = command(
        "train",
        "--experiment",
        "gtzan_mlp",
        "--set",
        "fit.optimizer=SGD",
        "--set",
        "fit.optimizer.learning_rate=1e30",
    )
    assert outcome.code == 2
    assert re.match(
        r"error: The loss became (nan|inf) in epoch \d+, step \d+ of 18: .*learning_rate.*\n$",
        outcome.err,
    )


def test_selecting_on_test_is_stamped_everywhere(command, tmp_path):
    outcome = command(
        "train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=2", "--set", "fit.select_on=test"
    )
    run = tmp_path / "runs" / "gtzan_mlp-001"
    assert json.loads((run / "scores.json").read_text())["provenance"]["selected_on"] == "test"
    assert json.loads((run / "splits.json").read_text())["selected_on"] == "test"
    assert "SELECTED ON TEST" in (run / "report.html").read_text()
    assert "SELECTED ON TEST" in outcome.out


def test_baselines_stand_in_the_same_report(trained):
    run = Run(trained)
    splits = run.load_splits(run.experiment(), run.data_root())
    train, test = results.rows(splits.train), results.rows(splits.test)
    scaler = StandardScaler().fit(train.features)
    fitted = LogisticRegression(max_iter=2000).fit(scaler.transform(train.features), train.y_true)
    reported = {
        row["model"]: row["accuracy"]["value"] for row in run.read("scores.json")["baselines"]
    }
    expected = fitted.score(scaler.transform(test.features), test.y_true)
    assert reported["logistic regression"] == expected
    assert "logistic regression" in (trained / "report.html").read_text()


def test_a_fit_keeps_by_any_metric_of_the_task(command, tmp_path):
    settings = ("--set", "fit.epochs=6", "--set", "fit.keep=best_macro_f1")
    outcome = command("train", "--experiment", "gtzan_mlp", *settings)
    assert outcome.code == 0, outcome.err
    run = tmp_path / "runs" / "gtzan_mlp-001"
    rows = pd.read_csv(run / "history.csv")
    best = rows.val_macro_f1.idxmax()
    assert json.loads((run / "scores.json").read_text())["kept_epoch"] == best + 1
    told = command("evaluate", run, "--split", "valid").out
    assert f"macro-F1  {rows.val_macro_f1[best]:.3f}" in told


def test_thresholds_are_chosen_for_each_label(command, tmp_path):
    settings = ("--set", "fit.epochs=3", "--set", "fit.threshold=best_f1")
    assert command("train", "--experiment", "gtzan_mlp", *settings).code == 0
    run = tmp_path / "runs" / "gtzan_mlp-001"
    found = json.loads((run / "scores.json").read_text())["thresholds"]
    assert list(found) == list(load("gtzan_mlp").experiment.data.labels)
    page = (run / "report.html").read_text()
    assert "The threshold of each label" in page
    assert f"{found['blues']['value']:.3f}" in page


def test_a_metric_that_the_task_does_not_have_is_one_line_and_leaves_nothing(command, tmp_path):
    outcome = command("train", "--experiment", "gtzan_mlp", "--set", "fit.keep=best_auc")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "fit.keep=best_auc needs val_auc: expected one of loss, val_loss, val_acc" in outcome.err
    assert not list((tmp_path / "runs").glob("gtzan_mlp*"))
