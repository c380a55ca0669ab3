"""Commands on recordings of one's own."""

import csv
import json
import shutil

import numpy as np
import pytest
from small_recordings import DATA, RATE, manifest, tone, write


def test_doctor_examines_a_folder_and_a_manifest(command, root):
    told = command("doctor", root / "sounds", "--set", "data.group=^(.+)-")
    assert told.code == 0, told.err
    assert "cow 12, owl 12" in told.out and "8000 Hz mono 24" in told.out
    assert "short         24 clips" in told.out  # windows are 2 s long by default
    cow = root / "sounds" / "cow"
    (cow / "c0-0.wav").write_text("text")
    write(cow / "c0-1.wav", np.zeros(RATE))
    write(cow / "c1-0.wav", np.sign(tone(300, 1)))
    shutil.copy(cow / "c1-1.wav", root / "sounds" / "owl" / "o0-0.wav")
    told = command("doctor", root / "sounds")
    lines = {line[2:].partition(":")[0]: line for line in told.out.splitlines()}
    assert told.code == 1
    assert lines["unreadable    cow/c0-0.wav"][0] == lines["silent        cow/c0-1.wav"][0] == "!"
    assert "100.0%" in lines["clipped       cow/c1-0.wav"]
    assert "the bytes of cow/c1-1.wav, with another label" in lines["identical     owl/o0-0.wav"]
    assert "names suggest groups" in lines["groups        all"]
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-1.wav", "label": x} for x in ("cow", "owl") for n in (2, 3)
    ]
    manifest(root, rows)
    told = command("doctor", root / "list.csv")
    assert told.code == 1 and "! splits        all: There are 4 groups" in told.out
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-1.wav", "label": x if x == "owl" or n != 1 else "gnu"}
        for x in ("cow", "owl")
        for n in range(6)
    ]
    manifest(root, rows)
    told = command("doctor", root / "list.csv", "--set", "data.folds=2")
    assert told.code == 1 and "! splits        gnu: no recording in" in told.out


def test_a_folder_without_any_sound_that_can_be_used_is_examined(command, tmp_path):
    for number in range(6):
        write(tmp_path / "sounds" / "cow" / f"{number}.wav", np.zeros(RATE))
    told = command("doctor", tmp_path / "sounds")
    assert told.code == 1 and told.out.count("silent from beginning to end") == 6, told.err


def test_the_command_trains_on_every_fold(command, root, monkeypatch):
    arguments = [f"--set=data.{name}={value}" for name, value in DATA.items() if name != "folds"]
    arguments += ["--set=data.group=^(.+)-", "--set=fit.epochs=6", "--set=frontend.inner.bands=16"]
    outcome = command(
        *("train", "--experiment", "own_sound:cnn1d", "--data", root, "--folds", 2),
        *arguments,
    )
    assert outcome.code == 0, outcome.err
    assert "log_mel of 24 clips, 24 computed now" in outcome.out
    path = root / "runs" / "own_sound-cnn1d-001"
    found = json.loads((path / "folds.json").read_text())
    pooled = found["pooled"][0]
    assert pooled["n"] == 72 and pooled["clips"]["n"] == 24
    with (path / "clip_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    right = np.mean([row["truth"] == row["prediction"] for row in rows])
    assert len({row["id"] for row in rows}) == 24
    assert pooled["clips"]["metrics"]["accuracy"]["value"] == pytest.approx(right)
    each = [
        json.loads((path / f"fold-{n}" / "scores.json").read_text())["metrics"]["accuracy"]["value"]
        for n in (1, 2)
    ]
    assert found["folds"]["accuracy"]["mean"] == pytest.approx(np.mean(each))
    assert found["folds"]["accuracy"]["standard_deviation"] == pytest.approx(np.std(each, ddof=1))
    outcome = command("train", "--experiment", "gtzan_mlp", "--folds", 3)
    assert outcome.code == 2 and "--folds 3 needs" in outcome.err


def test_folds_of_a_manifest_that_says_what_tests_are_refused(command, root):
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-{take}.wav", "label": x, "split": side}
        for x in ("cow", "owl")
        for n, side in enumerate(["train", "train", "train", "valid", "test", "test"])
        for take in (0, 1)
    ]
    manifest(root, rows)
    settings = ("--set", "data.path=list.csv", "--folds", 2)
    outcome = command("train", "--experiment", "own_sound:cnn1d", "--data", root, *settings)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1), outcome.err
    assert "leave --folds out" in outcome.err and not list((root / "runs").glob("*"))
