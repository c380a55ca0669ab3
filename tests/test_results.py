"""Tables of the pages are what experiments/results has, and every command in them can be run."""

import csv
import importlib
import json
import re
import shlex
import sys
from pathlib import Path

import keras
import pandas as pd
import pytest

from kerasaudio.experiment import catalogue, overrides
from kerasaudio.experiment.catalogue import load
from kerasaudio.runs.entrants import open_entrant

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))

import keep_result  # noqa: E402
import results_tables  # noqa: E402

PAGE = (ROOT / "experiments" / "README.md").read_text("utf-8")
RESULTS = [json.loads(path.read_text("utf-8")) for path in results_tables.RESULTS.glob("*.json")]


def commands():
    lines = re.findall(r"^python -m kerasaudio\.(.+?)(?:   #.*)?$", PAGE, re.MULTILINE)
    cells = re.findall(r"`((?:train|search|evaluate) [^`]+)`", PAGE)
    kept = [command for row in RESULTS for command in row["commands"]]
    return list(dict.fromkeys([*lines, *cells, *(k.partition("kerasaudio.")[2] for k in kept)]))


@pytest.mark.parametrize("path", results_tables.PAGES, ids=lambda path: path.parent.name)
def test_a_page_is_what_the_results_give(path):
    page = path.read_text("utf-8")
    assert results_tables.filled(page) == page, "run python tools/results_tables.py"


def test_every_result_is_in_a_table_of_the_page():
    shown = set(re.findall(r"<!-- results: (\w+) -->", PAGE))
    assert {row["table"] for row in RESULTS} == shown == set(results_tables.TABLES)
    for row in RESULTS:
        assert row["commands"] and row["version"] and row["protocol"] and row["n"], row["name"]
        columns = {key for _, key in results_tables.TABLES[row["table"]]}
        assert set(row["scores"]) & columns, row["name"]


def test_no_figure_with_an_interval_or_a_spread_stands_outside_the_tables():
    rest = results_tables.REGION.sub("", PAGE)
    assert not re.findall(r"\d\.\d+ (?:± \d|\[\d)", rest)


@pytest.mark.parametrize("command", commands())
def test_a_command_can_be_run(command):
    name, *words = shlex.split(command)
    assert importlib.import_module(f"kerasaudio.{name}")
    if name in ("train", "search"):
        module = importlib.import_module(f"kerasaudio.{name}")  # kerasaudio.train is a function
        chosen = module._parse(words) if name == "train" else module._parser().parse_args(words)
        entry = load(chosen.experiment)
        assert overrides.adjusted(entry.experiment, chosen.set, chosen.seed)
    if name == "evaluate" and "--set" in words:
        experiment = load("audioset_speech:lstm").experiment
        assert overrides.override(experiment, words[words.index("--set") + 1])


@pytest.mark.parametrize(
    "command", [each for each in commands() if re.search("^train .*--set .?(model|frontend)", each)]
)
def test_a_changed_network_of_a_command_can_be_built(command):
    chosen = importlib.import_module("kerasaudio.train")._parse(shlex.split(command)[1:])
    value = overrides.adjusted(load(chosen.experiment).experiment, chosen.set, chosen.seed)
    inputs = keras.Input(value.data.shape)
    logits = value.model(value.frontend(inputs, value.data.rate), 3)
    assert logits.shape == (None, 3)
    keras.utils.clear_session()


def test_every_experiment_of_the_papers_has_a_command():
    text = " ".join(commands())
    speech, tags = "audioset_speech", ("magnatagatune", "magnatagatune_p2", "magnatagatune_p3")
    genres = ("gtzan_cnn1d", "gtzan_cnn2d", "gtzan_rcnn", "gtzan_sample_cnn")
    for file in (speech, *genres, *tags):
        for member in load_all(file):
            assert f"{file}:{member}" in text, member


def load_all(file):
    return [name.partition(":")[2] for name in catalogue.names() if name.startswith(f"{file}:")]


def test_a_kept_result_has_what_the_run_had(trained):
    row = keep_result.described(open_entrant(trained))
    scores = json.loads((trained / "scores.json").read_text())
    assert row["n"] == scores["provenance"]["n"]
    assert row["scores"]["accuracy"]["low"] == scores["metrics"]["accuracy"]["low"]
    losses = [float(line["val_loss"]) for line in csv.DictReader((trained / "history.csv").open())]
    assert row["scores"]["val_loss"] == {"value": min(losses)}
    assert row["protocol"].endswith("STAND-IN")
    command = keep_result.shown(["train", "--data", "/somewhere", "--set", "a.*.b=1"])
    assert command == "python -m kerasaudio.train --data ROOT --set 'a.*.b=1'"


def test_a_command_to_keep_stands_behind_two_dashes(capsys):
    words = ["gtzan_mlp", "07-few", "--name", "few", "--", "train", "--set", "fit.epochs=1"]
    chosen, command = keep_result.parsed(words)
    assert (chosen.table, chosen.row, chosen.name, chosen.paper) == (*words[:2], "few", None)
    assert command == words[5:]
    with pytest.raises(SystemExit):
        keep_result.parsed(words[:4])
    assert "expected -- and a command" in capsys.readouterr().err


def test_trials_are_averaged_for_each_value_of_a_hyper_parameter():
    trials = pd.DataFrame({"kernel": [3, 5, 3], "val_accuracy": [0.5, 0.25, 0.75]})
    assert keep_result.by_value(trials, "kernel") == {
        "kernel_3": {"value": 0.625},
        "kernel_5": {"value": 0.25},
        "best_val_accuracy": {"value": 0.75},
    }


@pytest.mark.parametrize(
    ("score", "text"),
    [
        ({"value": 0.7, "sd": 0.02}, "0.700 ± 0.020"),
        ({"value": 0.7, "low": 0.65, "high": 0.75}, "0.700 [0.650, 0.750]"),
        ({"values": [0.5, 0.25]}, "0.500 / 0.250"),
        ({"value": 83, "digits": 0}, "83"),
        (None, ""),
    ],
)
def test_a_score_is_shown_with_what_makes_it_uncertain(score, text):
    assert results_tables.cell(score) == text
