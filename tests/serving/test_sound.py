"""`export` and `predict` with a model of sound: windows, whole recordings, timelines."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasaudio.data.gtzan import GENRES
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.runs.train import train
from kerasaudio.serving import saved_model, sound
from kerasaudio.serving.export import export
from kerasaudio.serving.listening import PredictSettings
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.serving.predict import predict
from kerasaudio.serving.sound import Timeline, draw, window_probabilities
from kerasaudio.training.checkpoint import load_model

SMALL = ("data.window_samples=16000", "data.windows=2", "fit.epochs=1", "fit.batch_size=32")


@pytest.fixture(scope="module")
def heard(sounding, tmp_path_factory):
    """A run on sound, exported."""
    path = tmp_path_factory.mktemp("runs") / "run"
    experiment = override(load("gtzan_cnn1d:acn_gap").experiment, *SMALL)
    run = train(experiment, "gtzan_cnn1d:acn_gap", sounding, path)
    assert export(run).difference <= 1e-5
    return path


def live(run, samples):
    model = load_model(run / "best.keras")
    return np.array(model(samples.reshape(-1, 16_000), training=False))


def test_the_exported_model_cuts_and_averages_sound_of_any_length(heard, sounding):
    wave = soundfile.read(next(sounding.rglob("rock.*.wav")), dtype="float32")[0]
    whole = saved_model.load(heard / "saved_model")
    windows = saved_model.load(heard / "saved_model", "windows")
    for length, count in ((48_000, 3), (50_123, 3), (16_000, 1)):
        pair = np.stack([wave[:length], wave[-length:]])
        expected = live(heard, pair[:, : count * 16_000]).reshape(2, count, 10)
        np.testing.assert_allclose(windows(pair), expected, atol=1e-5)
        np.testing.assert_allclose(whole(pair), expected.mean(axis=1), atol=1e-5)
    short = np.pad(wave[:5000], (0, 11_000))
    np.testing.assert_allclose(whole(wave[None, :5000]), live(heard, short), atol=1e-5)


def test_sound_that_is_too_short_is_repeated_where_training_repeats_it(heard, sounding, tmp_path):
    wave = soundfile.read(next(sounding.rglob("rock.*.wav")), dtype="float32")[0]
    inputs = ModelInputs((None, None), 22_050, 16_000, repeats_short=True)
    saved_model.write(load_model(heard / "best.keras"), tmp_path / "model", inputs)
    for length in (5000, 16_000, 40_000):
        expected = live(heard, np.tile(wave[:length], 4)[: max(length // 16_000, 1) * 16_000])
        for signature in ("windows", "serving_default"):
            found = saved_model.load(tmp_path / "model", signature)(wave[None, :length])
            shown = expected if signature == "windows" else expected.mean(axis=0)
            np.testing.assert_allclose(found[0], shown, atol=1e-5)


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
    each_window = np.concatenate([live(heard, wave[:96_000]), live(heard, wave[-16_000:])])
    expected = each_window.mean(axis=0)
    np.testing.assert_allclose(rows.iloc[0, 3:].to_numpy(float), expected, atol=1e-5)
    assert rows.prediction[0] == GENRES[expected.argmax()]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "one.wav.png",
        "two.flac.png",
    ]
    each = pd.read_csv(io.StringIO(command("predict", heard, folder / "one.wav", "--windows").out))
    starts = np.r_[np.arange(6) * 16_000, 84_000]  # the last window ends with the recording
    np.testing.assert_allclose(each.start, starts / 22_050, atol=1e-3)
    np.testing.assert_allclose(each[list(GENRES)], each_window, atol=1e-5)


def test_long_recordings_are_heard_a_few_windows_at_a_time(heard, sounding):
    wave = soundfile.read(next(sounding.rglob("rock.*.wav")), dtype="float32")[0]
    model = saved_model.load(heard / "saved_model", "windows")
    found = window_probabilities(model, wave, np.arange(41) * 16_000, 16_000)
    assert found.shape == (41, 10)
    np.testing.assert_allclose(found, live(heard, wave[: 41 * 16_000]), atol=1e-5)


def test_windows_are_for_models_of_sound(command, trained, sounding):
    told = command("predict", trained, next(sounding.rglob("*.wav")), "--windows")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "models of sound" in told.err


def test_recordings_of_one_name_stay_apart(command, heard, sounding, tmp_path):
    first, second = (sorted(sounding.rglob(f"{genre}.*.wav"))[0] for genre in ("jazz", "metal"))
    for folder, source in (("first", first), ("second", second)):
        (tmp_path / folder).mkdir()
        wave = soundfile.read(source, dtype="float32")[0][:40_000]
        soundfile.write(tmp_path / folder / "song.wav", wave, 22_050)
    told = command("predict", heard, "first", "second/song.wav", "--timeline", "pictures")
    assert told.code == 0, told.err
    rows = pd.read_csv(io.StringIO(told.out))
    assert list(rows.filename) == ["first/song.wav", "second/song.wav"]
    pictures = sorted((tmp_path / "pictures").rglob("*.png"))
    assert [path.relative_to(tmp_path).as_posix() for path in pictures] == [
        "pictures/first/song.wav.png",
        "pictures/second/song.wav.png",
    ]


def test_the_function_gives_what_the_command_prints(command, heard, sounding):
    song = next(sounding.rglob("pop.*.wav"))
    told = command("predict", heard, song, "--windows")
    found = predict(heard, song, PredictSettings(windows=True))
    assert found.to_csv(index=False) == told.out


def test_a_long_recording_is_heard_in_parts(heard, sounding, monkeypatch):
    song = next(sounding.rglob("pop.*.wav"))
    whole = predict(heard, song)
    monkeypatch.setattr(sound, "AVERAGED_AT_ONCE", 3)
    parts = predict(heard, song)
    np.testing.assert_allclose(parts[list(GENRES)], whole[list(GENRES)], atol=1e-6)


def test_a_hop_without_end_is_one_line(command, heard, sounding):
    told = command("predict", heard, next(sounding.rglob("*.wav")), "--hop", "inf")
    assert (told.code, told.err.count("\n")) == (2, 1)


def test_a_title_that_looks_like_a_formula_is_drawn_as_text(tmp_path):
    name, times = "A$AP_Ferg__Work_(feat._A$AP).wav", np.arange(3.0)
    timeline = Timeline(name, np.full((3, 2), 0.5), np.ones(2), times, times + 1)
    assert draw(timeline, ["ba$$", "drum"], tmp_path).stat().st_size > 1000
