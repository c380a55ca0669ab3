"""`compare` over runs, folders of seeds, and a folder with all of them."""

import json
import re
import shutil

import pytest


@pytest.fixture(scope="module")
def runs(standin_root, tmp_path_factory):
    """Two experiments under two seeds each, and a single run."""
    from kerasaudio.train import main

    folder = tmp_path_factory.mktemp("runs")
    common = ("--data", str(standin_root), "--runs", str(folder), "--set", "fit.epochs=2")
    for more in (("--seeds", "2"), ("--seeds", "2", "--set", "model.units=8,8,8"), ("--seed", "1")):
        assert main(["--experiment", "gtzan_mlp", *common, *more]) == 0
    return folder


def test_folders_of_seeds_are_paired_by_seed(command, runs, tmp_path):
    outcome = command("compare", *(runs / f"gtzan_mlp-00{n}" for n in (1, 2)))
    assert outcome.code == 0, outcome.err
    rows = [line for line in outcome.out.splitlines() if line.startswith(f"{runs}/gtzan_mlp")]
    assert all(re.search(r" 0\.\d{3} ± 0\.\d{3} .* 0, 1  valid$", row) for row in rows[:2])
    assert re.search(r"accuracy [+-]0\.\d{3} \[.*\], 2 pairs of runs$", rows[2])
    assert "accuracy" in (tmp_path / "compare.html").read_text()


def test_a_run_is_the_pair_of_the_seed_that_it_has(command, runs):
    outcome = command("compare", runs / "gtzan_mlp-001", runs / "gtzan_mlp-003")
    assert outcome.code == 0, outcome.err
    # It is the same training as the folder's second one.
    assert "accuracy +0.000 [+0.000, +0.000]" in outcome.out


def test_splits_that_another_seed_drew_are_not_compared(command, runs):
    first = runs / "gtzan_mlp-001"
    outcome = command("compare", first / "seed-0", first / "seed-1")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "random_70_30 seed 0 and random_70_30 seed 1" in outcome.err


def test_a_seed_that_only_one_has_is_no_pair(command, runs, tmp_path):
    other = shutil.copytree(runs / "gtzan_mlp-003", tmp_path / "other")
    scores = json.loads((other / "scores.json").read_text())
    scores["provenance"]["seed"] = 7
    (other / "scores.json").write_text(json.dumps(scores))
    outcome = command("compare", runs / "gtzan_mlp-001", other)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "no seed or fold is in both" in outcome.err


def test_a_folder_of_runs_becomes_one_page_in_groups(command, runs, tmp_path):
    (runs / "notes").mkdir(exist_ok=True)
    half = shutil.copytree(runs / "gtzan_mlp-003", runs / "half")
    (half / "scores.json").unlink()
    outcome = command("compare", runs, "--page", tmp_path / "all.html")
    assert outcome.code == 0, outcome.err
    page = (tmp_path / "all.html").read_text()
    assert page.count("/report.html") == 3
    assert f"left out  {half}: it is not finished" in outcome.out
    shutil.rmtree(half)
    assert "STAND-IN: trained and scored on synthetic data" in page


def test_a_pair_without_a_common_seed_beside_a_third_has_no_difference(command, runs, tmp_path):
    """All are compared with the first one, and the best one may have another's seeds."""
    folders = []
    for name, seeds in (("first", (0, 1, 2, 3)), ("second", (0, 1)), ("third", (2, 3))):
        folder = tmp_path / name
        for seed in seeds:
            run = shutil.copytree(runs / "gtzan_mlp-001" / "seed-0", folder / f"seed-{seed}")
            if name == "second":  # the best one
                scores = json.loads((run / "scores.json").read_text())
                next(iter(scores["metrics"].values()))["value"] = 1.0
                (run / "scores.json").write_text(json.dumps(scores))
        plan = json.loads((runs / "gtzan_mlp-001" / "series.json").read_text())
        value = plan["runs"]["seed-0"]
        plan["runs"] = {f"seed-{seed}": value for seed in seeds}
        (folder / "series.json").write_text(json.dumps(plan))
        folders.append(folder)
    outcome = command("compare", *folders)
    assert outcome.code == 0, outcome.err
    differences = [line for line in outcome.out.splitlines() if "pairs of runs" in line]
    assert [str(folders[0]) in line for line in differences] == [True]
    plan["runs"] = {"../second/seed-0": value}
    (folders[2] / "series.json").write_text(json.dumps(plan))
    outcome = command("compare", *folders)
    assert outcome.code == 2 and "is damaged" in outcome.err


def test_an_empty_folder_is_one_line(command, tmp_path):
    (tmp_path / "empty").mkdir()
    outcome = command("compare", tmp_path / "empty")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "expected two finished runs or more" in outcome.err
