"""Runs that version 0.1 made, one of each task, still work with every command that takes a run."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.standins import standin
from kerasaudio.experiment.catalogue import load
from kerasaudio.runs.folder import open_run

GOLDEN = Path(__file__).parents[1] / "golden"
DATA = {  # of each run: an experiment with the same data set
    "gtzan_mlp-001": "gtzan_mlp",
    "own_table-001": "own_table",
    "audioset_speech-linear-001": "audioset_speech:linear",
    "audioset_speech-attention-001": "audioset_speech:attention",
    "magnatagatune_p3-base_1024_1024-001": "magnatagatune_p3:base_1024_1024",
    "small_gap-001": "gtzan_cnn1d:gap",
}
TABLES = ["gtzan_mlp-001", "own_table-001"]
SOUND = ["magnatagatune_p3-base_1024_1024-001", "small_gap-001"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The stand-ins of all data sets, as version 0.1 made them."""
    root = tmp_path_factory.mktemp("golden")
    standin.write_marker(root)
    for folder, name in {load(name).experiment.data.folder: name for name in DATA.values()}.items():
        load(name).experiment.data.write_standin(root)
        assert (root / folder).exists()
    return root


@pytest.fixture
def golden(tmp_path):
    def copy(name: str) -> Path:
        return Path(shutil.copytree(GOLDEN / name, tmp_path / name))

    return copy


@pytest.mark.parametrize("name", DATA)
def test_evaluate_finds_the_scores_that_the_run_had(command, golden, root, name):
    run = golden(name)
    outcome = command("evaluate", run, "--data", root, "--cache-limit", "0")
    assert outcome.code == 0, outcome.err
    for title, score in told(run).items():
        (line,) = [
            line for line in outcome.out.splitlines() if line.startswith(f"test      {title} ")
        ]
        assert score in line


def told(run: Path) -> dict[str, str]:
    """Title and value of scores that version 0.1 wrote, as the console shows them."""
    old = json.loads((run / "scores.json").read_text())
    prefix, whole = ("windows: ", old) if "clips" in old else ("", old)
    accuracy = "first tag" if "left_out" in old else "accuracy"
    return {f"{prefix}{accuracy}": f"{whole['accuracy']['value']:.3f}"}


@pytest.mark.parametrize("name", DATA)
def test_its_scores_are_read_in_todays_form(name):
    run = open_run(GOLDEN / name)
    old = json.loads((GOLDEN / name / "scores.json").read_text())
    for metric, measured in run.scores.metrics.items():
        assert measured.score.value == old[metric]["value"]
        assert measured.score.low == old[metric]["low"]
    assert run.provenance.members == old["stamp"]["members"]
    assert bool(run.scores.clips) == ("clips" in old)
    assert bool(run.scores.all_labels) == ("tags" in old)


@pytest.mark.parametrize("name", DATA)
def test_export_writes_a_saved_model(command, golden, root, name):
    run = golden(name)
    outcome = command("export", run, "--data", root)
    assert outcome.code == 0, outcome.err
    facts = json.loads((run / "saved_model" / "model.json").read_text())
    assert facts["largest_difference"] <= 1e-5


@pytest.mark.parametrize("name", TABLES)
def test_predict_gives_the_labels_of_a_table(command, golden, root, name):
    run = golden(name)
    data = open_run(run).experiment().data
    table = next((root / data.folder).glob("*.csv"), root / data.folder)
    outcome = command("predict", run, table, "--data", root, "--out", "predictions.csv")
    assert outcome.code == 0, outcome.err
    rows = pd.read_csv("predictions.csv")
    assert set(rows.prediction) <= set(data.labels)
    np.testing.assert_allclose(rows[list(data.labels)].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", SOUND)
def test_predict_listens_to_a_recording(command, golden, root, name):
    run = golden(name)
    recording = next((root / "gtzan" / "genres_original" / "jazz").glob("*.wav"))
    outcome = command("predict", run, recording, "--data", root)
    assert outcome.code == 0, outcome.err
    assert recording.name in outcome.out


def test_compare_puts_two_runs_side_by_side(command, golden):
    first, other = golden("gtzan_mlp-001"), golden("gtzan_mlp-002")
    outcome = command("compare", first, other)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)  # other seeds, other members
    outcome = command("compare", first, Path(shutil.copytree(first, first.with_name("copy"))))
    assert outcome.code == 0, outcome.err
    value = json.loads((first / "scores.json").read_text())["accuracy"]["value"]
    assert outcome.out.count(f"{value:.3f} [") == 2


def test_an_interrupted_run_is_resumed(command, golden, root):
    run = golden("interrupted")
    outcome = command("train", "--resume", run, "--data", root)
    assert outcome.code == 0, outcome.err
    with (run / "history.csv").open() as file, (run / "unbroken.csv").open() as unbroken:
        found, expected = list(csv.DictReader(file)), list(csv.DictReader(unbroken))
    assert len(found) == len(expected) == 8
    for row, wanted in zip(found, expected, strict=True):
        # Another processor may round differently: the history is equal to the bit on one alone.
        assert float(row["loss"]) == pytest.approx(float(wanted["loss"]), rel=1e-3)
        assert float(row["val_accuracy"]) == pytest.approx(float(wanted["val_accuracy"]), abs=0.03)
