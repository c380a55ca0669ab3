"""Searches whose trials are stacked, as the command runs them."""

import re
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from keras_tuner import Objective

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.experiment import SGD
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import checkpoint, pipeline
from kerasaudio.training.callbacks import EpochProgress
from kerasaudio.tuning import oracles
from kerasaudio.tuning.tuner import Tuner


def test_a_diverging_trial_fails_alone_and_the_search_goes_on(command, tmp_path):
    own = tmp_path / "own.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "from kerasaudio.experiment import SGD\n"
        "experiment = load('gtzan_mlp').experiment\n"
        "def space(hp):\n"
        "    rate = hp.Choice('rate', [0.01, 1e30, 0.1])\n"
        "    fit = replace(experiment.fit, optimizer=SGD(learning_rate=rate))\n"
        "    return replace(experiment, fit=fit)\n"
    )
    outcome = command("search", "--experiment", own, "--epochs", 1)
    assert outcome.code == 0, outcome.err
    assert "trained   3 trials together, in stacks, 0 one after the other" in outcome.out
    (folder,) = (tmp_path / "runs").glob("own-grid-*")
    assert sorted(pd.read_csv(folder / "trials.csv").rate) == [0.01, 0.1]
    assert "1 failed" in (folder / "search.html").read_text()


def test_the_best_trial_leaves_the_stack_with_its_weights(command, tmp_path, standin_root):
    outcome = command(
        "search", "--experiment", "gtzan_mlp", "--data", standin_root, "--epochs", 2, "--trials", 9
    )
    assert outcome.code == 0, outcome.err
    last = r"trial 9 of 9  best val_accuracy 0\.\d+  \d+\.\d+ s a trial, 0.0 s left"
    assert re.search(last, outcome.out)
    assert outcome.err == ""
    (folder,) = (tmp_path / "runs").glob("gtzan_mlp-grid-*")
    best = pd.read_csv(folder / "trials.csv").iloc[0]
    model = keras.saving.load_model(folder / "winner" / "best.keras", compile=False)
    examples = GtzanFeatures().load(standin_root).valid
    scores = model.predict(pipeline.batches(examples, 512), verbose=0)
    assert best.val_accuracy == np.float32((scores.argmax(1) == examples.targets).mean())
    losses = -np.log(scores[np.arange(len(scores)), examples.targets])
    assert best.val_loss == pytest.approx(losses.mean(), abs=1e-6)
    history = pd.read_csv(folder / "winner" / "history.csv")
    assert list(history.epoch) == [1, 2]
    assert history.val_loss.iloc[-1] == best.val_loss
    assert history.val_loss.min() == best.best_val_loss


def test_models_that_cannot_be_stacked_are_searched_one_after_the_other(command, normalised):
    own = normalised(4, 8)
    outcome = command("search", "--experiment", own, "--epochs", 1)
    assert outcome.code == 0, outcome.err
    assert [line[:12] for line in outcome.out.splitlines() if line.startswith("trial ")] == [
        "trial 1 of 2",
        "trial 2 of 2",
    ]
    assert "stack" not in outcome.out


def test_a_best_trial_that_was_stopped_goes_on(command, tmp_path, normalised, monkeypatch):
    own = normalised(4, 8)
    search = ("search", "--experiment", own, "--epochs", 3)
    assert command(*search, "--runs", tmp_path / "whole").code == 0
    on_epoch_begin = EpochProgress.on_epoch_begin

    def interrupt(self, epoch, logs=None):
        on_epoch_begin(self, epoch, logs)
        if epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(EpochProgress, "on_epoch_begin", interrupt)
        outcome = command(*search)
    assert outcome.code == 130
    assert "the same command goes on" in outcome.err
    resumed = command(*search)
    assert resumed.code == 0
    assert "epoch 3/3" in resumed.out
    assert "epoch 2/3" not in resumed.out
    assert "epoch " not in command(*search).out  # nor is anything trained once all is there
    whole, resumed = (
        next((tmp_path / runs).glob("own-grid-*/winner")) for runs in ("whole", "runs")
    )
    for name in ("history.csv", "predictions.csv"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


def test_operations_have_one_thread_where_all_trials_are_stacked(standin_root, tmp_path):
    """In a process of its own: TensorFlow's threads are set once."""
    code = (
        "import sys, tensorflow as tf\n"
        "from kerasaudio.search import main\n"
        "main(sys.argv[1:])\n"
        "print('threads', tf.config.threading.get_intra_op_parallelism_threads())\n"
    )
    options = (
        "--experiment",
        "gtzan_mlp",
        "--data",
        standin_root,
        "--trials",
        "1",
        "--epochs",
        "1",
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *options], cwd=tmp_path, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.endswith("threads 1\n")


@pytest.mark.parametrize(("models", "all_stacked"), [("ab", True), ("ac", False)])
def test_a_space_with_other_models_keeps_its_threads(tmp_path, models, all_stacked):
    gtzan = load("gtzan_mlp").experiment
    known = {
        "a": gtzan,
        "b": replace(gtzan, model=replace(gtzan.model, activation="relu")),
        "c": replace(gtzan, fit=replace(gtzan.fit, optimizer=SGD(0.01, 0.9, nesterov=True))),
    }
    oracle = oracles.build_oracle("random", Objective("val_accuracy", "max"), seed=0, epochs=10)
    tuner = Tuner(
        oracle,
        lambda hp: known[hp.Choice("model", list(models))],
        lambda *_: None,
        tmp_path,
        limit=None,
    )
    assert tuner.all_stacked() == all_stacked
