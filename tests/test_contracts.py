"""What every experiment and every part keeps to; new files are found by walking the folders."""

from __future__ import annotations

import ast
import csv
import math
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasaudio
from kerasaudio.data import standin
from kerasaudio.experiment import Experiment, catalogue, fields, with_facts
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble

PACKAGE = Path(kerasaudio.__file__).parent
PARTS = ("data", "frontends", "models")
COUNTS = Path(__file__).parent / "parameter_counts.csv"
NAMES = list(catalogue.names())
STEPPED = (
    "gtzan_cnn1d:gap",
    "gtzan_sample_cnn:gap",
    "gtzan_rcnn:lstm",
)  # of those on sound; compiling all takes minutes


def modules(folder: str) -> list[Path]:
    return sorted(path for path in (PACKAGE / folder).glob("*.py") if path.name != "__init__.py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_nothing_of_the_whole_and_no_other_part(part):
    allowed = ("kerasaudio.errors", "kerasaudio.experiment.Task", f"kerasaudio.{part}")
    for path in modules(part):
        foreign = {
            name
            for name in imports(path)
            if name.startswith("kerasaudio") and not name.startswith(allowed)
        }
        assert not foreign, f"{path.name} imports {foreign}"


def test_models_use_keras_alone():
    for path in modules("models"):
        assert not {name for name in imports(path) if name.startswith("tensorflow")}, path.name


def test_nothing_imports_an_experiment():
    for path in PACKAGE.rglob("*.py"):
        assert not {
            name
            for name in imports(path)
            if name.startswith(("experiments", "kerasaudio.experiments"))
        }, path


@pytest.mark.parametrize("part", ["models"])
def test_a_part_names_its_source(part):
    for path in modules(part):
        assert "Source:" in (ast.get_docstring(ast.parse(path.read_text())) or ""), path.name


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_names_equals_what_the_file_declares(name):
    assert load(name).experiment is not None
    declared = getattr(load(name).module, "experiments", {"": None})
    assert {
        name.partition(":")[2]
        for name in NAMES
        if name.startswith(load(name).module.__spec__.origin)
    } <= set(declared)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_says_its_command_and_what_to_expect(name):
    doc = load(name).module.__doc__
    file = name.partition(":")[0]
    assert f"python -m kerasaudio.train --experiment {file}" in doc
    assert "Source:" in doc
    assert "Expect:" in doc


@pytest.fixture(scope="module")
def standins(tmp_path_factory):
    """A stand-in of a data set, made once for all experiments on the same files."""
    made = {}

    def root(data):
        if data.folder not in made:
            made[data.folder] = tmp_path_factory.mktemp("standin")
            standin.write_marker(made[data.folder])
            data.write_standin(made[data.folder])
        return made[data.folder]

    return root


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_builds_trains_a_step_and_has_its_parameter_count(name, standins):
    value = load(name).experiment
    root = standins(value.data)
    value = with_facts(value, root)
    splits = value.data.load(root)
    if value.data.rate is not None:  # statistics of a few windows do here
        splits = replace(splits, train=replace(splits.train, inputs=splits.train.inputs.take(4)))
    model = assemble(value, splits.train)
    size = value.fit.batch_size if value.data.rate is None else 2
    inputs, targets = next(iter(pipeline.training_batches(splits.train, size, 0, range(1))))
    if value.data.rate is None or name in STEPPED:
        before = [np.array(weight) for weight in model.trainable_weights]
        loss = model.train_on_batch(inputs, targets)[0]
        assert np.isfinite(loss)
        assert any(
            (old != np.array(new)).any()
            for old, new in zip(before, model.trainable_weights, strict=True)
        )
    scores = model(inputs, training=False)
    assert scores.shape == (len(inputs), len(value.data.labels))
    with COUNTS.open(newline="") as file:
        expected = {row["experiment"]: int(row["parameters"]) for row in csv.DictReader(file)}
    assert sum(math.prod(weight.shape) for weight in model.trainable_weights) == expected[name]


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_survives_json(name):
    value = load(name).experiment
    assert fields.decode(fields.encode(value), load(name).module) == value


@pytest.mark.parametrize("name", NAMES)
def test_every_point_of_a_space_is_an_experiment(name):
    from keras_tuner import HyperParameters

    space = load(name).space
    if space is not None:
        assert isinstance(space(HyperParameters()), Experiment)


def teardown_module():
    keras.backend.clear_session()
