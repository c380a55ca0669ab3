"""`predict --events`: merged windows, for Audacity and Raven, and going on after a stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasaudio.serving import saved_model
from kerasaudio.serving.events import Event, find_events, thresholds_of, write_table, write_tracks
from kerasaudio.serving.model_facts import ModelFacts, ModelInputs, write_facts
from kerasaudio.serving.sound import Timeline, window_starts

RATE, WINDOW = 8_000, 4_000
LABELS = ("quiet", "loud")


@pytest.fixture(scope="module")
def ears(tmp_path_factory):
    """An exported model of half a second: "loud" is sound with a mean square above 0.02."""
    folder = tmp_path_factory.mktemp("ears") / "saved_model"
    inputs = keras.Input((WINDOW,))
    power = keras.ops.mean(keras.ops.square(inputs), axis=1, keepdims=True)
    loud = keras.ops.sigmoid((power - 0.02) * 1_000)
    model = keras.Model(inputs, keras.ops.concatenate([1 - loud, loud], axis=1))
    sound = ModelInputs((None, None), RATE, WINDOW)
    saved_model.write(model, folder, sound)
    write_facts(folder, ModelFacts("ears", sound, LABELS, 0.0, {"synthetic": False}))
    return folder


def tone(*stretches):
    """Sound of alternating silence and noise, in seconds."""
    random = np.random.default_rng(0)
    parts = [
        (number % 2) * 0.4 * random.normal(size=round(seconds * RATE))
        for number, seconds in enumerate(stretches)
    ]
    return np.concatenate(parts)


@pytest.fixture
def yard(tmp_path):
    """Three recordings, two of one name."""
    for name, sound in (
        ("yard/day/a.wav", tone(2, 1, 3, 1, 1)),
        ("yard/night/a.wav", tone(4)),
        ("yard/night/b.wav", tone(0.7, 0.6)),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound, RATE, subtype="FLOAT")
    return tmp_path / "yard"


@pytest.mark.parametrize(
    ("samples", "hop", "starts"),
    [
        (12, 4, [0, 4, 8]),
        (13, 4, [0, 4, 8, 9]),
        (10, 2, [0, 2, 4, 6]),
        (11, 3, [0, 3, 6, 7]),
        (4, 4, [0]),
        (3, 1, [0]),
    ],
)
def test_windows_reach_the_end(samples, hop, starts):
    assert window_starts(samples, 4, hop).tolist() == starts


def test_windows_in_a_row_are_one_event():
    loud = np.array([0.1, 0.6, 0.9, 0.2, 0.7, 0.5, 0.49])
    starts = np.arange(7) * 1.0
    timeline = Timeline("x.wav", np.stack([1 - loud, loud], axis=1), loud[:2], starts, starts + 1)
    assert find_events(timeline, LABELS, {"loud": 0.5}) == [
        Event("loud", 1, 3, 0.9),
        Event("loud", 4, 6, 0.7),
    ]
    both = find_events(timeline, LABELS, {"quiet": 0.51, "loud": 0.5})
    assert both == [
        Event("quiet", 0, 1, 0.9),
        Event("loud", 1, 3, 0.9),
        Event("quiet", 3, 4, 0.8),
        Event("loud", 4, 6, 0.7),
        Event("quiet", 6, 7, 0.51),
    ]
    assert find_events(timeline, LABELS, {"loud": 1.1}) == []


def test_a_window_that_overlaps_speaks_for_its_middle():
    starts = np.array([0, 1, 2, 2.4])  # the last one ends with the recording
    loud = np.array([0.9, 0.2, 0.9, 0.9])
    timeline = Timeline("x.wav", np.stack([1 - loud, loud], axis=1), loud[:2], starts, starts + 2)
    np.testing.assert_allclose(timeline.edges(), [0, 1.5, 2.5, 3.2, 4.4])
    assert find_events(timeline, LABELS, {"loud": 0.5}) == [
        Event("loud", 0, 1.5, 0.9),
        Event("loud", 2.5, 4.4, 0.9),
    ]


def test_windows_that_overlap_are_one_event_across_a_gap():
    starts = np.arange(8) / 2
    loud = np.array([0.1, 0.9, 0.2, 0.2, 0.8, 0.1, 0.1, 0.1])
    windows = np.stack([1 - loud, loud], axis=1)
    long = Timeline("x.wav", windows, loud[:2], starts, starts + 2)
    assert find_events(long, LABELS, {"loud": 0.5}) == [Event("loud", 1.25, 3.25, 0.9)]
    short = Timeline("x.wav", windows, loud[:2], starts, starts + 1)
    assert [(each.start, each.end) for each in find_events(short, LABELS, {"loud": 0.5})] == [
        (0.75, 1.25),
        (2.25, 2.75),
    ]


def test_thresholds_are_those_of_the_model_unless_one_is_given():
    facts = ModelFacts("x", ModelInputs((None,)), LABELS, 0.0, {}, thresholds={"loud": 0.3})
    assert thresholds_of(facts, None) == {"loud": 0.3}
    assert thresholds_of(facts, 0.8) == {"loud": 0.8}
    own = ModelFacts("x", ModelInputs((None,)), LABELS, 0.0, {})
    assert thresholds_of(own, None) == {"quiet": 0.5, "loud": 0.5}
    assert thresholds_of(own, 0.8) == {"quiet": 0.8, "loud": 0.8}


def test_the_background_is_no_event():
    chosen = {"quiet": 0.4, "loud": 0.3}
    for thresholds in ({}, chosen):
        facts = ModelFacts(
            "x", ModelInputs((None,)), LABELS, 0, {}, thresholds=thresholds, background="quiet"
        )
        assert thresholds_of(facts, None) == {"loud": thresholds.get("loud", 0.5)}
        assert thresholds_of(facts, 0.8) == {"loud": 0.8}


def test_the_files_are_what_audacity_and_raven_read(tmp_path):
    """Their manuals: start, end and label, with tabs; and a table that Raven calls a selection."""
    events = [Event("dog\tbark", 1.5, 2.25, 0.87654321), Event("cat", 4, 5, 0.5)]
    write_tracks(tmp_path, "garden/x.wav", events, 16_000)
    track = (tmp_path / "garden" / "x.wav.labels.txt").read_text()
    assert track == "1.500000\t2.250000\tdog bark\n4.000000\t5.000000\tcat\n"
    selections = pd.read_csv(tmp_path / "garden" / "x.wav.selections.txt", sep="\t")
    assert list(selections.Selection) == [1, 2]
    assert set(selections.View) == {"Spectrogram 1"} and set(selections.Channel) == {1}
    assert list(selections["Begin Time (s)"]) == [1.5, 4]
    assert list(selections["End Time (s)"]) == [2.25, 5]
    assert list(selections["High Freq (Hz)"]) == [8000, 8000]
    assert list(selections.Label) == ["dog bark", "cat"]
    table = pd.read_csv(write_table(tmp_path, {"a, b.wav": events, "=1+1.wav": events[:1]}))
    assert list(table.filename) == ["a, b.wav", "a, b.wav", "'=1+1.wav"]  # no formula
    assert list(table.probability) == [0.8765, 0.5, 0.8765]


def test_the_command_finds_the_loud_stretches(command, ears, yard, tmp_path):
    told = command(
        "predict", ears, yard, "--hop", 0.125, "--events", "found", "--threshold", 0.9, "--windows"
    )
    assert told.code == 0, told.err
    events = pd.read_csv("found/events.csv")
    loud = events[events.label == "loud"]
    assert list(loud.filename) == ["day/a.wav", "day/a.wav", "b.wav"]
    true = np.array([[2, 3], [6, 7], [0.7, 1.3]])
    assert np.abs(loud[["start", "end"]].to_numpy() - true).max() <= 0.25  # half a window
    assert loud.end.iloc[-1] == 1.3  # the end of the recording
    assert sorted(path.relative_to("found").as_posix() for path in Path("found").rglob("*.*")) == [
        "b.wav.labels.txt",
        "b.wav.selections.txt",
        "day/a.wav.labels.txt",
        "day/a.wav.selections.txt",
        "events.csv",
        "night/a.wav.labels.txt",
        "night/a.wav.selections.txt",
    ]
    lines = told.out.splitlines()
    assert lines[0].startswith("filename,start,prediction,probability,quiet,loud")
    assert len(lines) == 1 + 61 + 29 + 8


def test_two_sources_with_one_name(command, ears, yard):
    arguments = (ears, yard / "day", yard / "night" / "a.wav", "--timeline", "pictures")
    told = command("predict", *arguments)
    assert told.code == 0, told.err
    names = [line.partition(",")[0] for line in told.out.splitlines()]
    assert names == ["filename", "day/a.wav", "night/a.wav"]
    assert sorted(path.as_posix() for path in Path("pictures").rglob("*.png")) == [
        "pictures/day/a.wav.png",
        "pictures/night/a.wav.png",
    ]


def test_names_that_look_alike_or_are_no_text(command, ears, yard, tmp_path):
    """One é is written as one character, one as two; and bytes that are no UTF-8."""
    (yard / "day" / "a.wav").rename(yard / "day" / "\u00e9.wav")
    (yard / "night" / "a.wav").rename(yard / "night" / "e\u0301.wav")
    bad = (yard / "night" / "b.wav").rename(yard / os.fsdecode(b"caf\xe9.wav"))
    told = command("predict", ears, yard, bad, "--events", "found", "--out", "x.csv")
    assert told.code == 0, told.err
    names = list(pd.read_csv("x.csv").filename)
    assert names == ["caf\\xe9.wav", "day/\u00e9.wav", "night/\u00e9.wav", "caf\\xe9.wav"]
    assert set(pd.read_csv("found/events.csv").filename) == set(names)


def test_killed_and_started_again(command, ears, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        soundfile.write(folder / f"{number:02d}.wav", tone(0.3, 0.1 + number / 30), RATE)
    arguments = [str(ears), str(folder), "--out", "one.csv", "--events", "one", "--hop", "0.1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasaudio.predict", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.DEVNULL,
    )
    journal = tmp_path / "one.csv.journal"
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 3):
        time.sleep(0.005)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = journal.read_bytes()
    assert not (tmp_path / "one.csv").exists()
    journal.write_bytes(done[: done.rfind(b"\n") + 1] + b'{"file": "half a li')
    told = command("predict", *arguments)
    assert told.code == 0, told.err
    assert f"go on     {done.count(bytes([10])) - 1} files were done before" in told.err
    assert not journal.exists()
    whole = ["two.csv" if each == "one.csv" else each for each in arguments]
    whole = ["two" if each == "one" else each for each in whole]
    assert command("predict", *whole).code == 0
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
    for path in sorted(Path("two").rglob("*.*")):
        assert path.read_bytes() == Path("one", path.relative_to("two")).read_bytes()


def test_other_settings_do_not_go_on(command, ears, yard, monkeypatch):
    from kerasaudio.serving.sound import Listener

    hear = Listener.hear

    def stops(self, recording):
        if recording.path.name == "b.wav":
            raise KeyboardInterrupt
        return hear(self, recording)

    monkeypatch.setattr(Listener, "hear", stops)
    told = command("predict", ears, yard, "--events", "found")
    assert told.code == 130 and "goes on" in told.err
    monkeypatch.setattr(Listener, "hear", hear)
    told = command("predict", ears, yard, "--events", "found", "--hop", 0.1)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "was begun for another folder or with other settings" in told.err
    told = command("predict", ears, yard, "--events", "found")
    assert told.code == 0 and "go on     2 files were done before" in told.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--hop", 0), "The hop is 0 s: expected more than 0"),
        (("--hop", "nan"), "expected more than 0"),
        (("--hop", 0.6), "The hop is 0.6 s and a window 0.5 s"),
        (("--threshold", 0.5), "A threshold is for events"),
        (("--threshold", 1, "--events", "found"), "The threshold is 1: expected one between 0 and"),
        (("--events", "yard/day/a.wav"), "The folder yard/day/a.wav could not be made"),
        (("--out", "nowhere/out.csv"), "nowhere/out.csv lies in no folder"),
    ],
)
def test_refused_in_one_line(command, ears, yard, options, message):
    before = sorted(Path.cwd().rglob("*"))
    told = command("predict", ears, "yard", *options)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert message in told.err
    assert sorted(Path.cwd().rglob("*")) == before


def test_a_source_that_cannot_be_read_leaves_no_journal(command, ears, tmp_path):
    told = command("predict", ears, "nowhere.wav", "--out", "out.csv")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "nowhere.wav was not found" in told.err
    assert not list(tmp_path.iterdir())
