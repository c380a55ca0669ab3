"""Folders of runs: their names, and neighbours who want them at the same time."""

import json
import os
import shutil

import pytest

from kerasaudio.errors import UserError
from kerasaudio.runs import series
from kerasaudio.runs.folder import create_folder, free_name, open_run
from kerasaudio.runs.lock import lock


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


def test_half_a_run_is_told_whether_it_still_trains(tmp_path, trained):
    half = shutil.copytree(trained, tmp_path / "half")
    (half / "scores.json").unlink()
    with pytest.raises(UserError, match="half a run .*: go on with train --resume"):
        open_run(half)
    with lock(half), pytest.raises(UserError, match="half a run .*: wait for its training"):
        open_run(half)


def test_no_name_leads_out_of_the_folder_of_runs(tmp_path):
    assert free_name(tmp_path, "mine.py:../../escaped").parent == tmp_path
    assert free_name(tmp_path, "a/b.py:c/d").name == "b-c-d-001"


@pytest.mark.parametrize("member", ["../outside", "/etc", "", ".."])
def test_a_series_that_names_a_folder_outside_is_refused(tmp_path, member):
    plan = {"kind": "seeds", "name": "x", "data": "d", "runs": {member: {}}}
    (tmp_path / "series.json").write_text(json.dumps(plan))
    with pytest.raises(UserError, match=r"series\.json is damaged"):
        series.read_plan(tmp_path)


@pytest.mark.parametrize(
    ("member", "value"),
    [("n", "many"), ("n", True), ("synthetic", 0), ("prevalence", []), ("seed", None), ("x", 1)],
)
def test_scores_of_another_kind_are_refused(tmp_path, trained, member, value):
    (tmp_path / "experiment.json").write_bytes((trained / "experiment.json").read_bytes())
    scores = json.loads((trained / "scores.json").read_text())
    scores["provenance"][member] = value
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    with pytest.raises(UserError, match=r"scores\.json is damaged"):
        _ = open_run(tmp_path).provenance
    scores["metrics"]["accuracy"]["low"] = None
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    with pytest.raises(UserError, match=r"scores\.json is damaged"):
        _ = open_run(tmp_path).scores
