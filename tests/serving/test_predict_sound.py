"""`predict RUN song.wav`: the genre of recordings, with a model of the features of a table."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasaudio.data.features.gtzan_features import RATE


def sound(seconds, seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=int(seconds * RATE))


@pytest.fixture
def songs(tmp_path):
    (tmp_path / "songs").mkdir()
    soundfile.write(tmp_path / "songs" / "short.wav", sound(4), RATE)
    soundfile.write(tmp_path / "songs" / "long.flac", np.r_[sound(30, 1), sound(34, 2)], RATE)
    (tmp_path / "songs" / "rotten.mp3").write_bytes(b"no sound")
    return tmp_path / "songs"


def table(text):
    return pd.read_csv(io.StringIO(text)).set_index("filename")


def test_a_folder_gives_what_its_feature_table_gives(command, trained, songs):
    outcome = command("predict", trained, songs)
    assert outcome.code == 0, outcome.err
    assert "passed over" in outcome.err and "rotten.mp3" in outcome.err
    found = table(outcome.out)
    assert list(found.index) == ["long.flac", "short.wav"]
    assert command("features", songs, "--out", songs.parent / "table.csv", "--workers", 1).code == 0
    rows = table(command("predict", trained, songs.parent / "table.csv").out)
    genres = list(rows.columns[2:])
    np.testing.assert_allclose(
        found.loc["short.wav", genres].astype(float),
        rows.loc["short.wav", genres].astype(float),
        atol=1e-5,
    )
    pieces = rows.loc[["long.0.flac", "long.1.flac"], genres].astype(float).mean()
    np.testing.assert_allclose(found.loc["long.flac", genres].astype(float), pieces, atol=1e-5)
    assert found.prediction["long.flac"] == pieces.idxmax()


def test_any_rate_and_channels(command, trained, songs):
    import soxr

    stereo = soxr.resample(np.stack([sound(4)] * 2, axis=1), RATE, 44_100)
    soundfile.write(songs / "stereo.wav", stereo, 44_100, subtype="FLOAT")
    found = table(command("predict", trained, songs).out)
    assert found.prediction["stereo.wav"] == found.prediction["short.wav"]


def test_one_file_that_cannot_be_read_is_an_error(command, trained, songs):
    for name in ("rotten.mp3", "nowhere.wav"):
        outcome = command("predict", trained, songs / name)
        assert outcome.code == 2
        assert outcome.err.count("\n") == 1 and name in outcome.err
        assert outcome.out == ""


@pytest.mark.parametrize(
    ("out", "words"), [("songs", "songs is a folder"), ("nowhere/out.csv", "nowhere is missing")]
)
def test_a_place_for_no_table_is_refused_before_anything_is_heard(
    command, trained, songs, out, words
):
    outcome = command("predict", trained, songs, "--out", out)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert words in outcome.err
    assert not list(songs.parent.rglob("*.journal"))


def test_a_table_that_was_stopped_goes_on(command, trained, songs, monkeypatch):
    from kerasaudio.data.features import recordings

    rows = recordings.rows

    def stops(recording, seconds):
        if recording.name == "short.wav":
            raise KeyboardInterrupt
        return rows(recording, seconds)

    monkeypatch.setattr(recordings, "rows", stops)
    stopped = command("predict", trained, songs, "--out", "out.csv")
    assert stopped.code == 130
    assert "stopped; the same command goes on where this was." in stopped.err
    monkeypatch.setattr(recordings, "rows", rows)
    again = command("predict", trained, songs, "--out", "out.csv")
    assert again.code == 0, again.err
    assert "go on     1 files were done before" in again.err
    whole = command("predict", trained, songs)
    assert (songs.parent / "out.csv").read_text() == whole.out
    assert not list(songs.parent.glob("*.journal"))
