"""Commands on tags: training, search, export and prediction on a small stand-in."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.metrics import roc_auc_score

from kerasaudio.data.standins import magnatagatune_standin, standin
from kerasaudio.training.checkpoint import load_model

SHORT = ("--set", "data.samples=69900", "--set", "fit.epochs=2")  # two windows a clip


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """A data root with three made-up clips a folder."""
    root = tmp_path_factory.mktemp("music")
    standin.write_marker(root)
    magnatagatune_standin.write(root / "magnatagatune", clips=48)
    return root


def trained(command, music, name, *more):
    told = command("train", "--experiment", name, "--data", music, *SHORT, *more)
    assert told.code == 0, told.err
    return told


def test_the_history_and_the_scores_are_of_areas(command, music, tmp_path):
    trained(command, music, "magnatagatune_p2:raw_1024_1024")
    run = tmp_path / "runs" / "magnatagatune_p2-raw_1024_1024-001"
    history = pd.read_csv(run / "history.csv")
    assert {"auc", "val_auc", "accuracy", "val_accuracy"} <= set(history)
    found, table = (
        json.loads((run / "scores.json").read_text()),
        pd.read_csv(run / "predictions.csv"),
    )
    tags = list(found["labels"])
    truth = np.array([[tag in str(held).split(", ") for tag in tags] for held in table.truth])
    assert found["metrics"]["mean_roc_auc"]["value"] == pytest.approx(
        roc_auc_score(truth, table[tags], average="macro"), abs=1e-6
    )


def test_the_best_validation_auc_can_choose_the_epoch_while_the_schedule_watches_it(
    command, music, tmp_path
):
    watch = (
        "--set",
        "fit.schedule=Plateau",
        "--set",
        "fit.schedule.watch=val_auc",
        "--set",
        "fit.schedule.patience=0",
    )
    trained(command, music, "magnatagatune_p3:base_1024_1024", *watch, "--set", "fit.keep=best_auc")
    run = tmp_path / "runs" / "magnatagatune_p3-base_1024_1024-001"
    history = pd.read_csv(run / "history.csv")
    found = json.loads((run / "scores.json").read_text())
    assert found["kept_epoch"] == int(history.epoch[history.val_auc.idxmax()])


def test_a_run_is_exported_and_tags_a_recording_of_another_length(command, music, tmp_path):
    trained(command, music, "magnatagatune_p2:raw_1024_1024")
    run = tmp_path / "runs" / "magnatagatune_p2-raw_1024_1024-001"
    wave = np.random.default_rng(0).normal(scale=0.1, size=3 * 34_950).astype(np.float32)
    soundfile.write(tmp_path / "song.wav", wave, 12_000, subtype="FLOAT")
    told = command("predict", run, tmp_path / "song.wav")
    assert told.code == 0, told.err
    row = pd.read_csv(io.StringIO(told.out))
    facts = json.loads((run / "saved_model" / "model.json").read_text())
    assert facts["inputs"]["window"] == 34_950
    expected = np.array(load_model(run / "best.keras")(wave[None], training=False))
    np.testing.assert_allclose(row[facts["labels"]].to_numpy(), expected, atol=1e-5)


def test_a_search_goes_for_the_validation_auc(command, music, tmp_path):
    space = (
        "--experiment",
        "magnatagatune_p2:raw_256_256",
        "--data",
        music,
        *SHORT,
        "--set",
        "fit.batch_size=20",
    )
    told = command("search", *space, "--strategy", "random", "--trials", "2", "--epochs", "1")
    assert told.code == 0, told.err
    folder = next((tmp_path / "runs").glob("magnatagatune_p2-raw_256_256-random-*"))
    trials = pd.read_csv(folder / "trials.csv")
    assert trials.val_auc.is_monotonic_decreasing
    assert "ROC-AUC of 2 trials" in (folder / "search.html").read_text()
