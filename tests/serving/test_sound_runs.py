"""Runs on sound: windows and whole clips are scored, and a protocol that leaks says so."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score, log_loss

from kerasaudio.scoring.bootstrap import measure
from kerasaudio.scoring.intervals import wilson
from kerasaudio.scoring.metrics import SINGLE_LABEL
from kerasaudio.scoring.one_label import by_clip
from kerasaudio.scoring.samples import OneLabel
from kerasaudio.scoring.scores import Scores

SMALL = ("data.window_samples=16000", "data.windows=2", "fit.epochs=1", "fit.batch_size=32")


def settings(*more):
    return [word for assignment in (*SMALL, *more) for word in ("--set", assignment)]


def test_a_clips_score_is_the_mean_of_its_windows():
    truth = np.array([1, 0, 1, 0])
    given = OneLabel(truth, np.array([[0.6, 0.4], [0.9, 0.1], [0.1, 0.9], [0.3, 0.7]]))
    names, whole = by_clip(("two", "one", "two", "one"), given)
    assert names == ("one", "two")
    np.testing.assert_allclose(whole.probabilities, [[0.6, 0.4], [0.35, 0.65]])
    assert whole.y_true.tolist() == [0, 1]


def scores_of_windows(clips, sample):
    found = measure(SINGLE_LABEL, sample, sample, tuple(clips.tolist()))
    return {name: measured.score for name, measured in found.items()}


def test_windows_of_a_clip_are_drawn_together():
    """A clip's windows are all right or all wrong: the interval is that of clips."""
    random = np.random.default_rng(1)
    right = random.random(60) < 0.7
    truth, clips = np.repeat(random.integers(0, 2, 60), 8), np.repeat(np.arange(60).astype(str), 8)
    sure = np.where(np.repeat(right, 8), truth, 1 - truth)
    given = OneLabel(truth, np.stack([1 - sure, sure], axis=1) * 0.8 + 0.1)
    found = scores_of_windows(clips, given)
    percentile = stats.bootstrap(
        (right,), np.mean, method="percentile", random_state=0
    ).confidence_interval
    low, high = found["accuracy"].low, found["accuracy"].high
    assert (low, high) == pytest.approx(tuple(percentile), abs=0.02)
    alone = wilson(int((truth == sure).sum()), len(truth))
    assert high - low > 2 * (alone.high - alone.low)
    assert found["accuracy"].value == pytest.approx(right.mean())
    assert found["macro_f1"].value == pytest.approx(f1_score(truth, sure, average="macro"))
    assert found["log_loss"].value == pytest.approx(log_loss(truth, given.probabilities))
    assert all("of clips" in score.interval for score in found.values())


def test_nothing_wrong_says_as_much_as_the_clips_are():
    truth = np.repeat([0, 1, 0], 5)
    found = scores_of_windows(np.repeat(["x", "y", "z"], 5), OneLabel(truth, np.eye(2)[truth]))
    assert (found["accuracy"].value, found["accuracy"].high) == (1, 1)
    assert found["accuracy"].low == pytest.approx(0.438, abs=1e-3)  # 3 / (3 + 1.96 ** 2)


def test_a_run_on_sound_scores_windows_and_clips_and_says_that_it_leaks(
    command, sounding, tmp_path
):
    assert (tmp_path / "runs").exists() is False
    arguments = (
        "--experiment",
        "gtzan_cnn1d:gap",
        "--data",
        sounding,
        *settings("data.split=random_windows"),
    )
    told = command("train", *arguments)
    assert told.code == 0, told.err
    assert "LEAKS" in told.out
    run = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    found = json.loads((run / "scores.json").read_text())
    windows, clips = (
        pd.read_csv(run / name) for name in ("predictions.csv", "clip_predictions.csv")
    )
    assert found["provenance"]["n"] == len(windows) == 48
    assert found["clips"]["n"] == len(clips) == windows.id.str.partition("#")[0].nunique()
    assert found["metrics"]["accuracy"]["value"] == pytest.approx(
        accuracy_score(windows.truth, windows.prediction)
    )
    assert found["clips"]["metrics"]["accuracy"]["value"] == pytest.approx(
        accuracy_score(clips.truth, clips.prediction)
    )
    labels = list(found["labels"])
    means = windows.groupby(windows.id.str.partition("#")[0])[labels].mean()
    np.testing.assert_allclose(means.to_numpy(), clips[labels].to_numpy(), atol=1e-6)
    page = (run / "report.html").read_text()
    assert "THIS PROTOCOL LEAKS" in page
    assert "Whole clips" in page
    assert found["baselines"] == []
    again = command("evaluate", run)
    assert again.code == 0, again.err
    assert str(Scores.from_json(found["clips"]).metrics["accuracy"]) in again.out


def test_seeds_sum_up_windows_and_whole_clips(command, sounding, tmp_path):
    told = command(
        "train", "--experiment", "gtzan_cnn1d:gap", "--data", sounding, *settings(), "--seeds", "2"
    )
    assert told.code == 0, told.err
    folder = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    found = json.loads((folder / "seeds.json").read_text())
    each = [json.loads((folder / f"seed-{seed}" / "scores.json").read_text()) for seed in (0, 1)]
    assert found["clip_accuracy"]["each"] == [
        run["clips"]["metrics"]["accuracy"]["value"] for run in each
    ]
    assert f"clip accuracy {np.mean(found['clip_accuracy']['each']):.4f}" in told.out


def test_protocols_stand_side_by_side_with_their_gap(command, sounding, tmp_path):
    arguments = ("--experiment", "gtzan_cnn1d:gap", "--data", sounding, *settings())
    told = command("train", *arguments, "--protocols", "random_windows,filtered")
    assert told.code == 0, told.err
    folder = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    found = json.loads((folder / "protocols.json").read_text())
    leaky, honest = (
        json.loads((folder / name / "scores.json").read_text()) for name in found["protocols"]
    )
    gap = (
        leaky["clips"]["metrics"]["accuracy"]["value"]
        - honest["clips"]["metrics"]["accuracy"]["value"]
    )
    assert found["gaps"][0]["clip accuracy"] == pytest.approx(gap)
    assert "LEAKS" in found["protocols"]["random_windows"]["provenance"]["protocol"]
    assert f"clip accuracy {gap:+.3f}" in told.out


@pytest.mark.parametrize(
    ("protocols", "message"),
    [("filtered", "two or more different"), ("filtered,leaky", "expected one of filtered")],
)
def test_protocols_that_are_not_there_are_refused_before_anything_is_made(
    command, sounding, tmp_path, protocols, message
):
    told = command(
        "train", "--experiment", "gtzan_cnn1d:gap", "--data", sounding, "--protocols", protocols
    )
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert message in told.err
    assert not (tmp_path / "runs").exists()
