"""`python -m kerasaudio.features`: the table, bad files, and going on after an interruption."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasaudio.data.features.gtzan_features import FEATURES, RATE, features


@pytest.fixture
def music(tmp_path):
    random = np.random.default_rng(0)
    for number in range(6):
        folder = tmp_path / "music" / ("jazz", "rock")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"clip{number}.wav", 0.1 * random.normal(size=7 * RATE), RATE)
    (tmp_path / "music" / "rock" / "rotten.wav").write_bytes(b"RIFF, but not really")
    return tmp_path / "music"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_table_as_published(command, music, tmp_path, workers):
    outcome = command("features", music, "--out", "table.csv", "--workers", workers)
    assert outcome.code == 0
    assert "6 rows of 6 files, 1 passed over" in outcome.out
    assert "rotten.wav could not be read" in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["music", "table.csv"]
    table = pd.read_csv(tmp_path / "table.csv")
    assert list(table.columns) == ["filename", "length", *FEATURES, "label"]
    assert dict(zip(table.filename, table.label, strict=True)) == {
        f"clip{number}.wav": ("jazz", "rock")[number % 2] for number in range(6)
    }
    sound, _ = soundfile.read(music / "jazz" / "clip2.wav", dtype="float32")
    found = table.set_index("filename").loc["clip2.wav", list(FEATURES)].to_numpy(float)
    np.testing.assert_allclose(found, features(sound), rtol=1e-6)


def test_pieces_of_three_seconds(command, music, tmp_path):
    assert (
        command(
            "features", music / "jazz", "--out", "table.csv", "--seconds", 3, "--workers", 1
        ).code
        == 0
    )
    table = pd.read_csv(tmp_path / "table.csv")
    assert list(table.filename[:3]) == ["clip0.0.wav", "clip0.1.wav", "clip2.0.wav"]
    assert set(table.length) == {3 * RATE}
    assert table.label.isna().all()


def test_killed_and_started_again(command, music, tmp_path):
    arguments = [str(music), "--out", str(tmp_path / "table.csv"), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasaudio.features", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    journal = tmp_path / "table.csv.journal"
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
        time.sleep(0.005)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = journal.read_bytes()
    assert not (tmp_path / "table.csv").exists()
    journal.write_bytes(done[: done.rfind(b"\n") + 1] + b'{"file": "half a li')
    outcome = command("features", *arguments)
    assert outcome.code == 0
    assert f"go on     {done.count(bytes([10])) - 1} of 7 files" in outcome.out
    assert command("features", music, "--out", "whole.csv", "--workers", "2").code == 0
    assert (tmp_path / "table.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_workers_end_in_silence_when_the_first_process_is_killed(music, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasaudio.features", music, "--out", tmp_path / "table.csv"]
        + ["--workers", "2"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stderr=subprocess.PIPE,
    )
    journal = tmp_path / "table.csv.journal"
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
        time.sleep(0.005)
        assert process.poll() is None
    process.kill()
    _, said = process.communicate(timeout=60)  # ends when the last worker does
    assert b"Warning" not in said and b"Traceback" not in said


def test_a_changed_file_is_computed_anew(command, music, tmp_path):
    from kerasaudio.data.features import recordings
    from kerasaudio.data.features.journal import Journal

    path = tmp_path / "table.csv.journal"
    journal = Journal.open(path, {"seconds": 30})
    clip = recordings.find(music)[0]
    journal.add(clip, recordings.rows(clip, 30))
    assert clip in Journal.open(path, {"seconds": 30})
    soundfile.write(clip.path, np.zeros(5 * RATE), RATE)
    assert clip not in Journal.open(path, {"seconds": 30})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("table", "is there already"),
        ("journal", "was begun for another folder"),
        ("folder", "no folder"),
        ("out", "could not be written"),
    ],
)
def test_refused_in_one_line(command, music, tmp_path, change, words):
    folder, out = music, tmp_path / "table.csv"
    if change == "table":
        out.write_text("mine")
    if change == "journal":
        out.with_name("table.csv.journal").write_text('{"folder": "elsewhere"}\n')
    if change == "folder":
        folder = tmp_path / "nowhere"
    if change == "out":
        out = tmp_path / "nowhere" / "table.csv"
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    outcome = command("features", folder, "--out", out)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1 and words in outcome.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_only_bad_files(command, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.wav").write_bytes(b"nothing")
    soundfile.write(tmp_path / "music" / "b.wav", np.zeros(5 * RATE), RATE)
    outcome = command("features", "music", "--out", "table.csv")
    assert outcome.code == 2
    assert "b.wav is silent from beginning to end" in outcome.err
    assert "None of 2 files could be read" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["music"]


def test_help_needs_no_slow_library():
    slow = ("tensorflow", "pandas", "sklearn", "librosa", "scipy")
    code = f"import sys, kerasaudio.features; sys.exit(any(m in sys.modules for m in {slow}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
