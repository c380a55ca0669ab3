"""What every experiment, every part and every room keeps to; new files are found by walking."""

from __future__ import annotations

import ast
import csv
import inspect
import math
import re
from dataclasses import is_dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kerasaudio
from kerasaudio.__main__ import COMMANDS
from kerasaudio.data.standins import standin
from kerasaudio.experiment import DataSet, Experiment, catalogue, serialization, with_facts
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble

PACKAGE = Path(kerasaudio.__file__).parent
COUNTS = catalogue.folder() / "parameter_counts.csv"
NAMES = list(catalogue.names())
STEPPED = (  # of those on sound; compiling all takes minutes
    "gtzan_cnn1d:gap",
    "gtzan_sample_cnn:gap",
    "gtzan_rcnn:lstm",
)
SHARED = {"__init__", "__main__", "errors"}
MAY_IMPORT = {  # which rooms a room may import, besides itself and errors
    "errors": set(),
    "frontends": set(),
    "models": set(),
    "cluster": {"experiment"},
    "experiment": set(),
    "data": {"experiment", "cluster"},
    "scoring": {"experiment", "data"},
    "training": {"experiment", "cluster", "data", "scoring", "frontends", "models"},
    "reports": {"experiment", "data", "scoring"},
    "runs": {"experiment", "cluster", "data", "scoring", "training", "reports"},
    "tuning": {
        *("experiment", "data", "scoring", "training", "reports", "runs", "frontends", "models"),
        "cluster",
    },
    "serving": {
        *("experiment", "data", "scoring", "training", "reports", "runs", "frontends"),
        "cluster",
    },
    "commandline": {"experiment", "data", "training", "cluster"},
}
ROOMS = [room for room in MAY_IMPORT if room != "errors"]


def files(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of what a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_of(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("kerasaudio.")}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room):
    allowed = MAY_IMPORT[room] | {room, "errors"}
    for path in files(room):
        foreign = rooms_of(imports(path)) - allowed - {"__version__"}
        assert not foreign, f"{path.relative_to(PACKAGE)} imports {foreign}"


def test_the_rooms_form_no_circle():
    below = {room: set(allowed) for room, allowed in MAY_IMPORT.items()}
    while below:
        lowest = {room for room, allowed in below.items() if not allowed & below.keys()}
        assert lowest, f"a circle among {sorted(below)}"
        below = {room: allowed for room, allowed in below.items() if room not in lowest}


def test_files_of_a_room_form_no_circle():
    graph = {}
    for path in PACKAGE.rglob("*.py"):
        name = "kerasaudio." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        graph[name.removesuffix(".__init__")] = imports(path)
    known = set(graph)
    edges = {
        name: {
            target
            for each in found
            for target in (each, each.rpartition(".")[0])
            if target in known and target != name and not name.startswith(f"{target}.")
        }
        for name, found in graph.items()
    }
    while edges:
        lowest = {name for name, below in edges.items() if not below & edges.keys()}
        assert lowest, f"a circle among {sorted(edges)}"
        edges = {name: below for name, below in edges.items() if name not in lowest}


def test_a_file_at_the_top_is_a_command():
    stems = {path.stem for path in PACKAGE.glob("*.py")}
    assert stems == SHARED | set(COMMANDS)
    for name in COMMANDS:
        path = PACKAGE / f"{name}.py"
        assert not rooms_of(imports(path)) & set(COMMANDS), f"{name} imports a command"
        text = path.read_text()
        assert "def main(" in text and len(text.splitlines()) <= 100, name


def test_every_folder_is_a_room():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(ROOMS)
    tests = {path.name for path in Path(__file__).parent.iterdir() if path.is_dir()}
    assert tests - {"__pycache__", "golden"} == set(ROOMS)


def test_models_and_front_ends_use_keras_alone():
    for path in [*files("models"), *files("frontends")]:
        assert not {name for name in imports(path) if name.startswith("tensorflow")}, path.name


def test_nothing_imports_an_experiment():
    for path in PACKAGE.rglob("*.py"):
        found = imports(path)
        assert not {
            name for name in found if name.startswith(("experiments", "kerasaudio.experiments"))
        }, path


def test_nobody_asks_parts_what_they_have():
    """What a part offers stands in its protocol."""
    asked = re.compile(r"(?:get|has)attr\([\w.]*(?:data|frontend|model|experiment)\b")
    for path in PACKAGE.rglob("*.py"):
        assert not asked.findall(path.read_text()), path


@pytest.mark.parametrize("room", ["models"])
def test_a_part_names_its_source(room):
    for path in files(room):
        if path.name != "__init__.py":
            assert "Source:" in (ast.get_docstring(ast.parse(path.read_text())) or ""), path.name


def public(tree):
    """Functions and classes of a file or class that others may use; hooks of Keras are not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if not node.name.startswith(("_", "on_")):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def raises_user_errors(function):
    return any(
        isinstance(node, ast.Raise) and "UserError(" in ast.unparse(node)
        for node in ast.walk(function)
    )


def test_every_public_class_has_a_docstring_and_functions_tell_what_they_raise():
    lacking = []
    for path in PACKAGE.rglob("*.py"):
        for node in public(ast.parse(path.read_text())):
            doc = ast.get_docstring(node) or ""
            silent = isinstance(node, ast.FunctionDef) and node.name != "main"
            said = any(words in doc for words in ("Raises", "raise UserError", "; see `"))
            silent = silent and raises_user_errors(node) and not said
            if silent or (isinstance(node, ast.ClassDef) and not doc):
                lacking.append(f"{path.relative_to(PACKAGE)}: {node.name}")
    assert not lacking


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


class First:
    """The first few inputs of others."""

    def __init__(self, inputs, count):
        self.inputs, self.count = inputs, count

    def batches(self, numbers, targets, batch_size):
        numbers = tf.data.Dataset.range(self.count) if numbers is None else numbers
        return self.inputs.batches(numbers, targets, batch_size)


def first(examples, count):
    """The first few examples; statistics of a few windows do here."""
    return replace(
        examples,
        ids=examples.ids[:count],
        targets=examples.targets[:count],
        inputs=First(examples.inputs, count),
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_builds_trains_a_step_and_has_its_parameter_count(name, standins):
    value = load(name).experiment
    root = standins(value.data)
    value = with_facts(value, root)
    splits = value.data.load(root)
    if value.data.rate is not None:
        splits = replace(splits, train=first(splits.train, 4))
    model = assemble(value, splits.train)
    size = value.fit.batch_size if value.data.rate is None else 2
    inputs, targets = next(iter(pipeline.training_batches(splits.train, size, 0, range(1))))
    if value.data.rate is None or name in STEPPED:
        before = [np.array(weight) for weight in model.trainable_weights]
        loss = model.train_on_batch(inputs, targets)[0]
        assert np.isfinite(loss)
        after = [np.array(weight) for weight in model.trainable_weights]
        assert any((old != new).any() for old, new in zip(before, after, strict=True))
    probabilities = model(inputs, training=False)
    frames = np.shape(targets)[1:-1] if np.ndim(targets) == 3 else ()
    assert probabilities.shape == (len(inputs), *frames, len(value.data.labels))
    with COUNTS.open(newline="") as file:
        expected = {row["experiment"]: int(row["parameters"]) for row in csv.DictReader(file)}
    assert sum(math.prod(weight.shape) for weight in model.trainable_weights) == expected[name]


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_survives_json(name):
    value = load(name).experiment
    assert serialization.decode(serialization.encode(value), load(name).module) == value


@pytest.mark.parametrize("name", NAMES)
def test_every_point_of_a_space_is_an_experiment(name):
    from keras_tuner import HyperParameters

    entry, hp = load(name), HyperParameters()
    assert entry.space is not None, f"{name} cannot be searched"
    assert isinstance(entry.space(hp), Experiment)
    assert hp.values


def test_every_data_set_is_a_frozen_dataclass_that_states_its_facts():
    sets = {type(load(name).experiment.data) for name in NAMES}
    assert len(sets) >= 6
    for kind in sets:
        assert issubclass(kind, DataSet) and is_dataclass(kind)
        assert not inspect.isabstract(kind)
        assert kind.__dataclass_params__.frozen


def teardown_module():
    keras.backend.clear_session()
