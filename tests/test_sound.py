"""Commands on sound: the run folder tells windows from clips, and a leaking protocol from one that does not leak."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from kerasaudio import scores
from kerasaudio.data import standin
from kerasaudio.data.gtzan_audio import GtzanAudio

SMALL = ("data.window_samples=16000", "data.windows=2", "fit.epochs=1", "fit.batch_size=32")


@pytest.fixture(scope="module")
def sounding(tmp_path_factory):
    root = tmp_path_factory.mktemp("sounding")
    standin.write_marker(root)
    GtzanAudio().write_standin(root)
    return root


def settings(*more):
    return [word for assignment in (*SMALL, *more) for word in ("--set", assignment)]


def test_a_clips_score_is_the_mean_of_its_windows():
    truth = np.array([1, 0, 1, 0])
    given = scores.Answers(("a", "b"), truth, np.array([[0.6, 0.4], [0.9, 0.1], [0.1, 0.9], [0.3, 0.7]]), None)
    whole = scores.by_clip(("two", "one", "two", "one"), given)
    np.testing.assert_allclose(whole.scores, [[0.6, 0.4], [0.35, 0.65]])
    assert whole.truth.tolist() == [0, 1]


def test_a_run_on_sound_scores_windows_and_clips_and_says_that_it_leaks(command, sounding, tmp_path):
    assert (tmp_path / "runs").exists() is False
    arguments = ("--experiment", "gtzan_cnn1d:gap", "--data", sounding, *settings("data.split=random_windows"))
    told = command("train", *arguments)
    assert told.code == 0, told.err
    assert "LEAKS" in told.out
    run = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    found = json.loads((run / "scores.json").read_text())
    windows, clips = (pd.read_csv(run / name) for name in ("predictions.csv", "clip_predictions.csv"))
    assert found["stamp"]["n"] == len(windows) == 48
    assert found["clips"]["n"] == len(clips) == windows.id.str.partition("#")[0].nunique()
    assert found["accuracy"]["value"] == pytest.approx(accuracy_score(windows.truth, windows.prediction))
    assert found["clips"]["accuracy"]["value"] == pytest.approx(accuracy_score(clips.truth, clips.prediction))
    labels = list(found["labels"])
    means = windows.groupby(windows.id.str.partition("#")[0])[labels].mean()
    np.testing.assert_allclose(means.to_numpy(), clips[labels].to_numpy(), atol=1e-6)
    page = (run / "report.html").read_text()
    assert "THIS PROTOCOL LEAKS" in page
    assert "Whole clips" in page
    assert found["rivals"] == []
    again = command("evaluate", run)
    assert again.code == 0, again.err
    assert f"clips: accuracy  {scores.Score(**found['clips']['accuracy'])}" in again.out
