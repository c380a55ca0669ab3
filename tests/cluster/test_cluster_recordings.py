"""Recordings that a Ray cluster of several nodes reads give what one process gives."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from kerasaudio.data.features.journal import Journal


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
