"""Commands on sound: the run folder tells windows from clips, and a leaking protocol from one that does not leak."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score, log_loss

from kerasaudio.data.gtzan import GENRES
from kerasaudio.scoring import scores

SMALL = ("data.window_samples=16000", "data.windows=2", "fit.epochs=1", "fit.batch_size=32")


def settings(*more):
    return [word for assignment in (*SMALL, *more) for word in ("--set", assignment)]


def test_a_clips_score_is_the_mean_of_its_windows():
    truth = np.array([1, 0, 1, 0])
    given = scores.Answers(
        ("a", "b"), truth, np.array([[0.6, 0.4], [0.9, 0.1], [0.1, 0.9], [0.3, 0.7]]), None
    )
    whole = scores.by_clip(("two", "one", "two", "one"), given)
    np.testing.assert_allclose(whole.scores, [[0.6, 0.4], [0.35, 0.65]])
    assert whole.truth.tolist() == [0, 1]


def test_windows_of_a_clip_are_drawn_together():
    """A clip's windows are all right or all wrong: the interval is that of clips, whatever their windows' number."""
    random = np.random.default_rng(1)
    right = random.random(60) < 0.7
    truth, clips = np.repeat(random.integers(0, 2, 60), 8), np.repeat(np.arange(60).astype(str), 8)
    sure = np.where(np.repeat(right, 8), truth, 1 - truth)
    given = scores.Answers(("a", "b"), truth, np.stack([1 - sure, sure], axis=1) * 0.8 + 0.1, None)
    found = scores.of_windows(clips, given)
    percentile = stats.bootstrap(
        (right,), np.mean, method="percentile", random_state=0
    ).confidence_interval
    low, high = (found["accuracy"][key] for key in ("low", "high"))
    assert (low, high) == pytest.approx(tuple(percentile), abs=0.02)
    assert high - low > 2 * (lambda score: score.high - score.low)(scores.accuracy(truth, sure))
    assert found["accuracy"]["value"] == pytest.approx(right.mean())
    assert found["macro_f1"]["value"] == pytest.approx(f1_score(truth, sure, average="macro"))
    assert found["log_loss"]["value"] == pytest.approx(log_loss(truth, given.scores))
    assert all(score["interval"].endswith("resamples of clips") for score in found.values())


def test_nothing_wrong_says_as_much_as_the_clips_are():
    truth = np.repeat([0, 1, 0], 5)
    given = scores.Answers(("a", "b"), truth, np.eye(2)[truth], None)
    found = scores.of_windows(np.repeat(["x", "y", "z"], 5), given)["accuracy"]
    assert (found["value"], found["high"]) == (1, 1)
    assert found["low"] == pytest.approx(0.438, abs=1e-3)  # 3 / (3 + 1.96 ** 2)


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
    assert found["stamp"]["n"] == len(windows) == 48
    assert found["clips"]["n"] == len(clips) == windows.id.str.partition("#")[0].nunique()
    assert found["accuracy"]["value"] == pytest.approx(
        accuracy_score(windows.truth, windows.prediction)
    )
    assert found["clips"]["accuracy"]["value"] == pytest.approx(
        accuracy_score(clips.truth, clips.prediction)
    )
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


@pytest.fixture(scope="module")
def heard(sounding, tmp_path_factory):
    """A run on sound, exported."""
    from kerasaudio import export, options
    from kerasaudio.experiment.catalogue import load
    from kerasaudio.runs import runs
    from kerasaudio.train import train

    path = tmp_path_factory.mktemp("runs") / "run"
    experiment = options.adjusted(load("gtzan_cnn1d:acn_gap").experiment, SMALL, None)
    train(experiment, "gtzan_cnn1d:acn_gap", sounding, path)
    folder, difference = export.export(runs.open_run(path))
    assert difference <= 1e-5
    return path


def live(run, samples):
    from kerasaudio.training import fitting

    model = fitting.load_model(run / "best.keras")
    return np.array(model(samples.reshape(-1, 16_000), training=False))


def test_the_exported_model_cuts_and_averages_sound_of_any_length(heard, sounding):
    from kerasaudio import export

    wave = soundfile.read(next(sounding.rglob("rock.*.wav")), dtype="float32")[0]
    whole, windows = (
        export.load(heard / "saved_model"),
        export.load(heard / "saved_model", "windows"),
    )
    for length, count in ((48_000, 3), (50_123, 3), (16_000, 1)):
        pair = np.stack([wave[:length], wave[-length:]])
        expected = live(heard, pair[:, : count * 16_000]).reshape(2, count, 10)
        np.testing.assert_allclose(windows(pair), expected, atol=1e-5)
        np.testing.assert_allclose(whole(pair), expected.mean(axis=1), atol=1e-5)
    short = np.pad(wave[:5000], (0, 11_000))
    np.testing.assert_allclose(whole(wave[None, :5000]), live(heard, short), atol=1e-5)


def test_predict_hears_files_and_folders_whole_or_by_window(command, heard, sounding, tmp_path):
    folder = tmp_path / "songs"
    folder.mkdir()
    source = next(sounding.rglob("pop.*.wav"))
    wave = soundfile.read(source, dtype="float32")[0][:100_000]
    soundfile.write(folder / "one.wav", wave, 22_050, subtype="FLOAT")
    soundfile.write(folder / "two.flac", wave, 22_050)
    (folder / "three.mp3").write_text("no sound")
    told = command(
        "predict", heard, folder, folder / "one.wav", "--timeline", tmp_path / "pictures"
    )
    assert told.code == 0, told.err
    rows = pd.read_csv(io.StringIO(told.out))
    assert list(rows.filename) == ["one.wav", "two.flac", "one.wav"]
    assert "three.mp3 could not be read" in told.err
    expected = live(heard, wave[:96_000]).mean(axis=0)
    np.testing.assert_allclose(rows.iloc[0, 3:].to_numpy(float), expected, atol=1e-5)
    assert rows.prediction[0] == GENRES[expected.argmax()]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "one.wav.png",
        "two.flac.png",
    ]
    each = pd.read_csv(io.StringIO(command("predict", heard, folder / "one.wav", "--windows").out))
    np.testing.assert_allclose(each.start, np.arange(6) * 16_000 / 22_050, atol=1e-3)
    np.testing.assert_allclose(each[list(GENRES)], live(heard, wave[:96_000]), atol=1e-5)


def test_long_recordings_are_heard_a_few_windows_at_a_time(heard, sounding):
    from kerasaudio import export
    from kerasaudio.serving import listen

    wave = soundfile.read(next(sounding.rglob("rock.*.wav")), dtype="float32")[0]
    model = export.load(heard / "saved_model", "windows")
    found = listen.window_scores(model, wave, 16_000)
    assert found.shape == (41, 10)
    np.testing.assert_allclose(found, live(heard, wave[: 41 * 16_000]), atol=1e-5)


def test_windows_are_for_models_of_sound(command, trained, sounding):
    told = command("predict", trained, next(sounding.rglob("*.wav")), "--windows")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "models of sound" in told.err


def test_seeds_sum_up_windows_and_whole_clips(command, sounding, tmp_path):
    told = command(
        "train", "--experiment", "gtzan_cnn1d:gap", "--data", sounding, *settings(), "--seeds", "2"
    )
    assert told.code == 0, told.err
    folder = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    found = json.loads((folder / "seeds.json").read_text())
    each = [json.loads((folder / f"seed-{seed}" / "scores.json").read_text()) for seed in (0, 1)]
    assert found["clip_accuracy"]["each"] == [run["clips"]["accuracy"]["value"] for run in each]
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
    gap = leaky["clips"]["accuracy"]["value"] - honest["clips"]["accuracy"]["value"]
    assert found["gaps"][0]["clip accuracy"] == pytest.approx(gap)
    assert "LEAKS" in found["protocols"]["random_windows"]["stamp"]["protocol"]
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
