import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from kerasaudio.experiment.catalogue import load
from kerasaudio.runs import results
from kerasaudio.runs.folder import Run


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
