import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import pandas as pd
import pytest
from keras_tuner import HyperParameters
from sklearn.metrics import f1_score

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline
from kerasaudio.tuning import oracles
from kerasaudio.tuning.search import search
from kerasaudio.tuning.settings import SearchSettings

SEARCH = ("--experiment", "gtzan_mlp", "--epochs", "1")


def the_search(folder: Path) -> Path:
    (found,) = [path for path in (folder / "runs").iterdir() if (path / "search.json").is_file()]
    return found


def test_a_point_is_an_experiment_of_ten_epochs():
    values = {
        "units1": 64,
        "dropout3": 0.2,
        "activation": "relu",
        "initializer": "random_uniform",
        "optimizer": "sgd",
    }
    hp = HyperParameters()
    hp.values.update(values)
    point = load("gtzan_mlp").space(hp)
    assert point.fit.epochs == 10
    assert point.model.units == (64, 64, 64)
    assert point.model.dropout == (0.1, 0.1, 0.2)
    assert (point.model.activation, point.model.initializer) == ("relu", "random_uniform")
    assert point.fit.optimizer.learning_rate == 0.01


def test_a_search_leaves_its_table_page_and_best_trial(command, tmp_path):
    outcome = command("search", *SEARCH, "--trials", 4, "--refit", "--set", "fit.batch_size=64")
    assert outcome.code == 0, outcome.err
    last = r"trial 4 of 4  best val_accuracy 0\.\d+  \d+\.\d+ s a trial, 0.0 s left"
    assert re.search(last, outcome.out)
    folder = the_search(tmp_path)
    rows = pd.read_csv(folder / "trials.csv")
    assert len(rows) == 4
    assert rows.val_accuracy.is_monotonic_decreasing
    assert {"units1", "dropout3", "activation", "initializer", "optimizer"} <= set(rows.columns)
    winner = pd.read_csv(folder / "winner" / "history.csv").iloc[-1]
    assert winner.val_accuracy == rows.val_accuracy[0]
    assert winner.val_loss == rows.val_loss[0]
    assert (rows.best_val_loss <= rows.val_loss).all()
    page = (folder / "search.html").read_text()
    assert "STAND-IN" in page
    assert "The top 99 results all use glorot_uniform" in page
    refit = json.loads((tmp_path / "runs" / "gtzan_mlp-001" / "experiment.json").read_text())[
        "experiment"
    ]
    found = json.loads((folder / "winner" / "experiment.json").read_text())["experiment"]
    assert refit["model"] == found["model"]
    assert refit["fit"]["optimizer"] == found["fit"]["optimizer"]
    assert (refit["fit"]["epochs"], refit["fit"]["batch_size"]) == (50, 64)


def test_the_same_command_again_runs_nothing_and_more_trials_run_what_is_left(command, tmp_path):
    command("search", *SEARCH, "--trials", 2)
    before = (the_search(tmp_path) / "trials.csv").read_text()
    again = command("search", *SEARCH, "--trials", 2)
    assert "2 trials done, of 2" in again.out
    assert "a trial" not in again.out
    assert (the_search(tmp_path) / "trials.csv").read_text() == before
    more = command("search", *SEARCH, "--trials", 3)
    assert "2 trials done, of 3" in more.out
    rows = pd.read_csv(the_search(tmp_path) / "trials.csv")
    assert sorted(rows.trial) == [0, 1, 2]


def test_a_search_is_run_by_one_process_at_a_time(command, tmp_path):
    command("search", *SEARCH, "--trials", 1)
    handle = os.open(the_search(tmp_path), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        outcome = command("search", *SEARCH, "--trials", 2)
    finally:
        os.close(handle)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "Another process" in outcome.err
    assert "1 trials done, of 2" in command("search", *SEARCH, "--trials", 2).out


@pytest.mark.parametrize("strategy", ["random", "bayesian"])
def test_strategies_draw_what_they_are_asked_for(command, tmp_path, strategy):
    outcome = command(
        "search", *SEARCH, "--strategy", strategy, "--trials", 2, "--set", "fit.batch_size=280"
    )
    assert outcome.code == 0, outcome.err
    assert len(pd.read_csv(the_search(tmp_path) / "trials.csv")) == 2


def test_hyperband_trains_the_better_half_longer(command, tmp_path):
    outcome = command(
        "search",
        "--experiment",
        "gtzan_mlp",
        "--strategy",
        "hyperband",
        "--epochs",
        3,
        "--set",
        "fit.batch_size=280",
    )
    assert outcome.code == 0, outcome.err
    rows = pd.read_csv(the_search(tmp_path) / "trials.csv")
    assert set(rows["tuner/epochs"]) == {1, 3}


def test_selecting_on_test_is_stamped(command, tmp_path):
    outcome = command("search", *SEARCH, "--trials", 1, "--select-on", "test")
    folder = the_search(tmp_path)
    assert "SELECTED ON TEST" in outcome.out
    assert "SELECTED ON TEST" in (folder / "search.html").read_text()
    assert json.loads((folder / "search.json").read_text())["select_on"] == "test"
    scores = json.loads((folder / "winner" / "scores.json").read_text())
    assert scores["provenance"]["selected_on"] == "test"
    # Selected on the 300 test rows: what the table of trials calls validation is the test score.
    rows = pd.read_csv(folder / "trials.csv")
    assert scores["metrics"]["accuracy"]["value"] == pytest.approx(rows.val_accuracy[0], abs=1e-6)


def test_tensorboard_reads_every_trial_with_its_hyperparameters(command, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    command("search", *SEARCH, "--trials", 2)
    folder = the_search(tmp_path)
    rows = pd.read_csv(folder / "trials.csv", dtype={"trial": str}).set_index("trial")
    for trial, row in rows.iterrows():
        events = EventAccumulator(str(folder / "tensorboard" / trial))
        events.Reload()
        summary = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
        session = plugin_data_pb2.HParamsPluginData.FromString(summary).session_start_info
        assert session.hparams["optimizer"].string_value == row.optimizer
        assert session.hparams["units1"].number_value == row.units1


def stop_after(trials: int, arguments: tuple[str, ...], folder: Path, how: signal.Signals) -> int:
    """Runs a search in blocks of two in a process of its own, and stops it after some trials."""
    code = (
        # a process in the background ignores Ctrl-C otherwise
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from kerasaudio.tuning import oracles; oracles.ResumableOracle.block = 2; "
        "from kerasaudio.commandline import running; from kerasaudio.search import main; "
        "running.run(main, sys.argv[1:])"
    )
    script = [sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(
        script, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for line in process.stdout:
            if line.startswith(f"trial {trials} "):
                break
    finally:
        os.kill(process.pid, how)
        process.wait()
    return process.returncode


@pytest.mark.parametrize(
    "strategy, how, code", [("grid", signal.SIGKILL, -9), ("random", signal.SIGINT, 130)]
)
def test_a_stopped_search_loses_at_most_the_stacks_that_train(
    command, tmp_path, strategy, how, code, monkeypatch
):
    monkeypatch.setattr(oracles.ResumableOracle, "block", 2)
    arguments = (*SEARCH, "--strategy", strategy, "--trials", "14")
    assert stop_after(4, arguments, tmp_path, how) == code
    done = json.loads((the_search(tmp_path) / "oracle" / "oracle.json").read_text())["oracle"][
        "end_order"
    ]
    assert 2 <= len(done) < 14  # of the four that were told, the last two may not have been saved
    outcome = command("search", *arguments)
    assert outcome.code == 0, outcome.err
    ran = [int(line.split()[1]) for line in outcome.out.splitlines() if line.startswith("trial ")]
    assert len(done) < ran[0] <= len(done) + 2
    assert ran[-1] == 14
    rows = pd.read_csv(the_search(tmp_path) / "trials.csv")
    assert sorted(rows.trial) == list(range(14))
    values = [name for name in rows if name.startswith(("units", "dropout"))]
    assert not rows.duplicated([*values, "optimizer", "activation", "initializer"]).any()
    # An unbroken search gives the same table.
    whole = tmp_path / "whole"
    command("search", *arguments, "--runs", whole)
    (unbroken,) = whole.glob("gtzan_mlp-*/trials.csv")
    assert unbroken.read_text() == (the_search(tmp_path) / "trials.csv").read_text()


def test_a_search_can_select_on_a_metric_that_keras_does_not_compute(
    command, tmp_path, standin_root
):
    """Trials then train alone; their column agrees with scikit-learn on the validation examples."""
    options = ("--data", standin_root, "--trials", 2, "--set", "fit.batch_size=280")
    outcome = command("search", *SEARCH, *options, "--objective", "val_macro_f1")
    assert outcome.code == 0, outcome.err
    assert re.search(r"trial 2 of 2  best val_macro_f1 0\.\d+", outcome.out)
    assert "in stacks" not in outcome.out
    folder = the_search(tmp_path)
    rows = pd.read_csv(folder / "trials.csv")
    assert list(rows.columns[-6:]) == [
        "val_macro_f1", "val_accuracy", "val_loss", "accuracy", "loss", "best_val_loss"
    ]  # fmt: skip
    assert rows.val_macro_f1.is_monotonic_decreasing
    examples = GtzanFeatures().load(standin_root).valid
    model = keras.saving.load_model(folder / "winner" / "best.keras", compile=False)
    answers = model.predict(pipeline.batches(examples, 512), verbose=0).argmax(axis=1)
    expected = f1_score(examples.targets, answers, average="macro", zero_division=0)
    assert rows.val_macro_f1[0] == pytest.approx(expected, abs=1e-6)
    assert "best validation macro-F1 of 2 trials" in (folder / "search.html").read_text()
    assert json.loads((folder / "search.json").read_text())["objective"] == "val_macro_f1"
    again = command("search", *SEARCH, *options, "--objective", "val_macro_f1")
    assert "2 trials done, of 2" in again.out


def test_the_lowest_loss_is_the_best_and_its_trials_are_stacked(command, tmp_path):
    outcome = command("search", *SEARCH, "--trials", 4, "--objective", "val_loss")
    assert outcome.code == 0, outcome.err
    assert "trained   4 trials together" in outcome.out
    rows = pd.read_csv(the_search(tmp_path) / "trials.csv")
    assert rows.val_loss.is_monotonic_increasing
    assert rows.val_loss[0] < rows.val_loss[3]


@pytest.mark.parametrize(
    ("objective", "hint"), [("val_macro_f2", "val_macro_f1"), ("accuracy", "val_accuracy")]
)
def test_an_unknown_objective_is_one_line_and_leaves_nothing(
    command, tmp_path, standin_root, objective, hint
):
    outcome = command("search", *SEARCH, "--data", standin_root, "--objective", objective)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert f"{objective!r}" in outcome.err
    assert f"did you mean {hint}?" in outcome.err
    assert not (tmp_path / "runs").exists()


def test_a_search_is_a_function_of_python_too(tmp_path, standin_root):
    settings = SearchSettings(trials=2, epochs=1, assignments=("fit.batch_size=280",))
    entry = load("gtzan_mlp")
    result = search(entry, settings, standin_root, tmp_path)
    assert result.folder.parent == tmp_path
    assert sorted(result.trials.trial) == ["0000", "0001"]
    assert result.best == result.run.experiment()
    assert 0 < result.run.scores.metrics["accuracy"].score.value < 1
    assert result.refit is None
