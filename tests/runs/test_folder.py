"""Folders of runs: their names, and neighbours who want them at the same time."""

import os

import pytest

from kerasaudio.errors import UserError
from kerasaudio.runs.folder import create_folder, free_name, lock


def test_the_first_free_number_is_taken_and_own_files_are_named_by_their_stem(tmp_path):
    assert free_name(tmp_path, "gtzan_cnn1d:gap").name == "gtzan_cnn1d-gap-001"
    (tmp_path / "mine-001").mkdir()
    assert free_name(tmp_path, "somewhere/mine.py:long").name == "mine-long-001"
    assert free_name(tmp_path, "somewhere/mine.py").name == "mine-002"


def test_a_name_that_somebody_else_took_meanwhile_is_counted_on(tmp_path):
    path = free_name(tmp_path, "mlp")
    path.mkdir()
    (tmp_path / "mlp-002").mkdir()
    assert create_folder(path) == tmp_path / "mlp-003"


def test_a_name_without_a_number_is_refused_if_it_is_taken(tmp_path):
    (tmp_path / "seed-0").mkdir()
    with pytest.raises(UserError, match="could not be made"):
        create_folder(tmp_path / "seed-0")


def test_a_locked_folder_keeps_other_processes_away(tmp_path):
    with lock(tmp_path):
        child = os.fork()
        if not child:
            try:
                with lock(tmp_path):
                    os._exit(0)
            except UserError:
                os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    with lock(tmp_path):
        pass
