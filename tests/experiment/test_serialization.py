"""Experiments as JSON, and back."""

import functools
import json
from pathlib import Path

import pytest

from kerasaudio.errors import UserError
from kerasaudio.experiment import SGD, catalogue, overrides, serialization
from kerasaudio.experiment.catalogue import load


@pytest.fixture(scope="module")
def mlp():
    return load("gtzan_mlp").experiment


def test_an_experiment_comes_back_from_json(mlp):
    changed = overrides.override(
        overrides.override(mlp, "fit.optimizer=SGD"), "model.units=32,32,32"
    )
    assert serialization.decode(serialization.encode(changed)) == changed
    assert changed.fit.optimizer == SGD()


@pytest.mark.parametrize(
    "kind", ["os.system", "pathlib.Path", "kerasaudio.train.main", "kerasaudio.data.gtzan.GENRES"]
)
def test_json_builds_nothing_but_parts_of_kerasaudio(kind):
    with pytest.raises(UserError):
        serialization.decode({"type": kind, "command": "true"})


@pytest.mark.parametrize("name", sorted(catalogue.names()))
def test_every_experiment_comes_back_from_json(name):
    experiment = catalogue.load(name).experiment
    value = json.loads(json.dumps(serialization.encode(experiment)))
    assert serialization.encode(serialization.decode(value)) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fit", ""),
        ("fit.epochs", "3"),
        ("fit.epochs", 2.5),
        ("fit.batch_size", True),
        ("fit.optimizer", 3),
        ("model.units", [64, "x"]),
        ("model.units", 64),
        ("data.seed", None),
        ("data.split", "none such"),
    ],
)
def test_json_of_another_type_is_one_line(mlp, path, value):
    found = serialization.encode(mlp)
    *parents, last = path.split(".")
    part = functools.reduce(dict.__getitem__, parents, found)
    part[last] = value
    with pytest.raises(UserError, match=f"has {last} = "):
        serialization.decode(found)


def test_classes_of_an_own_file_need_that_file_again(tmp_path: Path):
    own = tmp_path / "mine.py"
    own.write_text(
        "from dataclasses import dataclass, replace\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "@dataclass(frozen=True)\n"
        "class Mine:\n"
        "    width: int = 3\n"
        "    def __call__(self, features, labels):\n"
        "        return features[:, :labels]\n"
        'experiment = replace(load("gtzan_mlp").experiment, model=Mine(width=5))\n'
    )
    entry = load(str(own))
    encoded = serialization.encode(entry.experiment)
    with pytest.raises(UserError, match="--experiment mine.py"):
        serialization.decode(encoded)
    assert serialization.decode(encoded, load(str(own)).module).model.width == 5


def test_files_of_earlier_versions_are_decoded_under_their_new_names():
    old = {
        "type": "kerasaudio.data.audioset.AudioSetTags",
        "readout": "Music",
        "tolerated": 0.02,
    }
    found = serialization.decode(old)
    assert (found.target, found.max_bad_files) == ("Music", 0.02)
    loss = serialization.decode({"type": "kerasaudio.experiment.ReadoutFirst", "others": 0.3})
    assert loss.others == 0.3
