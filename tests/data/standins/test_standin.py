"""Stand-ins of several data sets below one folder of runs."""

from pathlib import Path

import pytest

from kerasaudio.data.standins.standin import data_root, is_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load

NAMES = ["gtzan_cnn1d:gap", "gtzan_mlp", "own_table"]


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1]])
def test_sets_in_one_folder_are_all_made(tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    for name in names:
        experiment = load(name).experiment
        root = data_root(None, tmp_path / "runs", experiment)
        assert is_standin(root)
        assert len(experiment.data.with_facts(root).load(root).train)


def test_a_standin_that_was_not_finished_is_made_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    experiment = load("gtzan_mlp").experiment
    root = data_root(None, tmp_path, experiment)
    table = next((root / "gtzan").glob("*.csv"))
    whole = table.read_bytes()
    table.write_bytes(whole[:1000])
    (root / "gtzan.made").unlink()
    assert data_root(None, tmp_path, experiment) == root
    assert table.read_bytes() == whole


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").write_text("")
    with pytest.raises(UserError):
        data_root(None, tmp_path / "runs", load("gtzan_mlp").experiment)


def test_the_folder_data_is_taken_if_it_has_the_set_in_any_layout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sound, table = (load(name).experiment for name in ("gtzan_cnn1d:gap", "gtzan_mlp"))
    (tmp_path / "data" / "gtzan" / "genres" / "blues").mkdir(parents=True)
    assert data_root(None, tmp_path, sound) == Path("data")
    assert is_standin(data_root(None, tmp_path, table))  # no table beside the recordings
    (tmp_path / "data" / "gtzan" / "features_30_sec.csv").write_text("")
    assert data_root(None, tmp_path, table) == Path("data")


def test_a_set_in_the_working_folder_is_not_taken_for_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own" / "sounds").mkdir(parents=True)
    with pytest.raises(UserError, match="but own/sounds is here: add --data ."):
        data_root(None, tmp_path / "runs", load("own_sound:cnn2d").experiment)
    assert not (tmp_path / "runs").exists()
