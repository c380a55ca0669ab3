"""Recordings that a Ray cluster of several nodes reads give what one process gives."""

from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile

from kerasaudio.data.features.journal import Journal
from kerasaudio.serving import saved_model
from kerasaudio.serving.model_facts import ModelFacts, ModelInputs, write_facts


@pytest.fixture
def music(tmp_path):
    """Forty clips of a second, and one that cannot be read."""
    random = np.random.default_rng(0)
    (tmp_path / "music").mkdir()
    for number in range(40):
        path = tmp_path / "music" / f"clip{number:02d}.wav"
        soundfile.write(path, 0.1 * random.normal(size=22_050), 22_050)
    (tmp_path / "music" / "rotten.wav").write_bytes(b"RIFF, but not really")
    return tmp_path / "music"


def test_a_node_that_dies_loses_no_features(nodes, third, command, music, monkeypatch):
    assert command("features", music, "--out", "one.csv", "--workers", 1).code == 0
    add = Journal.add

    def kill(journal, recording, value):
        third()
        add(journal, recording, value)

    monkeypatch.setattr(Journal, "add", kill)
    outcome = command("features", music, "--out", "two.csv", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert "workers   3 on 3 machines" in outcome.err
    assert outcome.err.count("passed over") == 1 and "rotten.wav could not be read" in outcome.err
    assert "40 rows of 40 files, 1 passed over" in outcome.out
    assert Path("two.csv").read_text() == Path("one.csv").read_text()


def test_features_go_on_elsewhere(nodes, command, music, monkeypatch):
    add = Journal.add

    def stop(journal, recording, value):
        add(journal, recording, value)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", stop)
        features = ("features", music, "--out", "table.csv")
        assert command(*features, "--cluster", nodes.address).code == 130
    outcome = command(*features, "--cluster", nodes.address)
    assert "go on     1 of 41 files" in outcome.out
    assert command("features", music, "--out", "whole.csv", "--workers", 2).code == 0
    assert Path("table.csv").read_text() == Path("whole.csv").read_text()


@pytest.fixture(scope="module")
def ears(tmp_path_factory):
    """An exported model of half a second that tells loud sound."""
    folder, window = tmp_path_factory.mktemp("ears") / "saved_model", 4_000
    inputs = keras.Input((window,))
    power = keras.ops.mean(keras.ops.square(inputs), axis=1, keepdims=True)
    loud = keras.ops.sigmoid((power - 0.01) * 1_000)
    model = keras.Model(inputs, keras.ops.concatenate([1 - loud, loud], axis=1))
    sound = ModelInputs((None, None), 8_000, window)
    saved_model.write(model, folder, sound)
    write_facts(folder, ModelFacts("ears", sound, ("quiet", "loud"), 0.0, {"synthetic": False}))
    return folder


def test_a_node_that_dies_loses_no_prediction(nodes, third, command, ears, music, monkeypatch):
    predict = ("predict", ears, music, "--windows")
    assert command(*predict, "--out", "one.csv", "--events", "one").code == 0
    add = Journal.add

    def kill(journal, recording, value):
        third()
        add(journal, recording, value)

    monkeypatch.setattr(Journal, "add", kill)
    there = ("--cluster", nodes.address)
    outcome = command(*predict, "--out", "two.csv", "--events", "two", *there)
    assert outcome.code == 0, outcome.err
    assert "workers   3 on 3 machines" in outcome.err
    assert outcome.err.count("passed over") == 1 and "rotten.wav could not be read" in outcome.err
    assert Path("two.csv").read_text() == Path("one.csv").read_text()
    one, two = (
        {each.name: each.read_text() for each in Path(name).iterdir()} for name in ("one", "two")
    )
    assert len(one) == 81 and one == two


def test_a_model_of_features_hears_on_machines_too(nodes, command, trained, music):
    first = command("predict", trained, music)
    outcome = command("predict", trained, music, "--cluster", nodes.address)
    assert (outcome.code, outcome.out) == (0, first.out), outcome.err


def test_what_is_no_recording_is_predicted_here(nodes, command, trained, standin_root):
    table = standin_root / "gtzan" / "features_30_sec.csv"
    outcome = command("predict", trained, table, "--cluster", nodes.address)
    assert outcome.code == 2
    assert outcome.err == (
        "error: Other processes and machines hear recordings: there are none here.\n"
    )


def test_prepared_arrays_are_the_same(nodes, command, tmp_path):
    home = tmp_path / "root" / "magnatagatune"
    random = np.random.default_rng(0)
    for number, part in enumerate("0123"):
        (home / part).mkdir(parents=True)
        sound = np.repeat(random.uniform(-0.3, 0.3, 29_200), 12)
        soundfile.write(home / part / f"clip-{number}.mp3", sound, 12_000)
    (home / "3" / "text.mp3").write_text("no sound")
    prepare = ("prepare", "magnatagatune", "--data", tmp_path / "root", "--out")
    assert command(*prepare, tmp_path / "one", "--workers", 1).code == 0
    outcome = command(*prepare, tmp_path / "two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert "4 clips, 1 passed over" in outcome.out and "text.mp3 could not be read" in outcome.err
    arrays = sorted((tmp_path / "one").rglob("*.npy"))
    assert len(arrays) == 4
    for path in arrays:
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert other.read_bytes() == path.read_bytes()
