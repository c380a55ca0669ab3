"""Runs of a series on a Ray cluster of several nodes, and the cache that they fill."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import soundfile

from kerasaudio import predict, search
from kerasaudio.cluster.executor import Machines
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.training.cache import Cache
from kerasaudio.training.precompute import load_splits
from kerasaudio.training.spectrograms import CachedRows

SMALL = ["data.window_samples=16000", "data.windows=2", "fit.epochs=1", "fit.batch_size=32"]


def test_a_node_that_dies_loses_no_run(nodes, third, command, standin_root):
    train = ("train", "--experiment", "gtzan_mlp", "--data", standin_root, "--seeds", 3,
             "--set", "fit.epochs=20")  # fmt: skip
    assert command(*train, "--name", "one").code == 0

    finished = []

    def kill():
        while len(list(Path("runs/two").glob("seed-*/history.csv"))) < 3:
            time.sleep(0.05)
        third()
        finished.append(len(list(Path("runs/two").glob("seed-*/scores.json"))))

    killing = threading.Thread(target=kill, daemon=True)
    killing.start()
    outcome = command(*train, "--name", "two", "--cluster", nodes.address)
    killing.join(60)
    assert outcome.code == 0, outcome.err
    assert finished[0] < 3, "the node died too late"
    assert "workers   3 on 3 machines" in outcome.err
    assert "3 of 3" in outcome.out and "(mean and standard deviation of 3 runs)" in outcome.out
    for name in ("seeds.json", *(f"seed-{n}/history.csv" for n in range(3))):
        assert Path("runs/two", name).read_text() == Path("runs/one", name).read_text(), name


def test_runs_that_are_missing_are_trained_elsewhere(nodes, command, standin_root):
    train = ("train", "--experiment", "gtzan_mlp", "--data", standin_root, "--set",
             "fit.epochs=2", "--protocols", "filtered,random_70_30", "--name", "two")  # fmt: skip
    assert command(*train).code == 0
    whole = json.loads(Path("runs/two/protocols.json").read_text())
    for name in ("protocols.json", "filtered/scores.json"):
        Path("runs/two", name).unlink()
    for path in Path("runs/two/filtered").iterdir():
        if path.is_file():
            path.unlink()
    outcome = command("train", "--resume", "runs/two", "--cluster", nodes.address)
    assert outcome.code == 0, outcome.err
    assert "filtered, 1 of 1" in outcome.out
    assert json.loads(Path("runs/two/protocols.json").read_text()) == whole


def test_machines_without_anything_to_do_are_refused(nodes, command, standin_root):
    train = ("train", "--experiment", "gtzan_mlp", "--data", standin_root)
    outcome = command(*train, "--cluster", nodes.address)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "nothing to compute ahead" in outcome.err and not Path("runs").exists()


def test_a_cache_that_machines_fill_has_the_same_bytes(nodes, sounding, tmp_path, capsys):
    experiment = adjusted(load("gtzan_cnn1d:gap").experiment, SMALL, None)
    found = []
    for machines in (Machines(), Machines(address=nodes.address)):
        cache = Cache(tmp_path / f"cache-{bool(machines)}", 10**9, machines=machines)
        splits = load_splits(experiment, sounding, cache)
        assert "log_mel of 80 clips, 80 computed now" in capsys.readouterr().out
        assert isinstance(splits.train.inputs, CachedRows)
        found.append({path.name: path.read_bytes() for path in cache.folder.rglob("*.records")})
    assert found[0] == found[1]


def test_searches_and_predictions_from_python(nodes, standin_root, tmp_path):
    places = {"data": standin_root, "cluster": nodes.address}
    found = search("gtzan_mlp", trials=1, runs=tmp_path / "two", **places)
    alone = search("gtzan_mlp", trials=1, runs=tmp_path / "one", data=standin_root)
    assert found.trials.equals(alone.trials)
    sound = 0.1 * np.random.default_rng(0).normal(size=44_100)
    soundfile.write(tmp_path / "a.wav", sound, 22_050)
    here = predict(alone.run, tmp_path / "a.wav")
    there = predict(alone.run, tmp_path / "a.wav", cluster=nodes.address)
    assert here.equals(there)
