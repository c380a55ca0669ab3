import functools
import json
import re
from pathlib import Path

import pytest

from kerasaudio.cluster.worker import own_files
from kerasaudio.errors import UserError
from kerasaudio.experiment import SGD, catalogue, overrides, serialization
from kerasaudio.experiment.catalogue import load
from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected


@pytest.fixture(scope="module")
def mlp():
    return load("gtzan_mlp").experiment


def test_names_come_with_the_first_line_of_their_docstrings():
    titles = catalogue.names()
    assert (
        titles["gtzan_mlp"]
        == "Genres of GTZAN from its 57-column feature table: three dense layers."
    )


def test_a_misspelt_name_suggests_the_nearest():
    with pytest.raises(UserError, match=r"'gtzan_mpl'.*did you mean gtzan_mlp\?"):
        load("gtzan_mpl")


def test_own_file_with_a_family(tmp_path: Path):
    own = tmp_path / "mine.py"
    own.write_text(
        '"""Two of mine."""\n'
        "from dataclasses import replace\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "from kerasaudio.experiment import Fit\n"
        'mlp = load("gtzan_mlp").experiment\n'
        'experiments = {"short": replace(mlp, fit=Fit(epochs=1)), "long": mlp}\n'
    )
    assert load(f"{own}:short").experiment.fit.epochs == 1
    assert load(f"{own}:short").title == "Two of mine."
    with pytest.raises(UserError, match=r"expected .*mine.py:short or .*mine.py:long"):
        load(f"{own}:middle")


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("fit.epochs=3", "fit.epochs", "3"),
        ("fit.patience=none", "fit.patience", "None"),
        ("fit.patience=5", "fit.patience", "5"),
        ("fit.optimizer=SGD", "fit.optimizer.momentum", "0.0"),
        ("fit.optimizer.learning_rate=1e-4", "fit.optimizer.learning_rate", "0.0001"),
        ("model.units=64, 32, 16", "model.units", "64, 32, 16"),
        ("model.dropout=(0, 0.5, 0)", "model.dropout", "0.0, 0.5, 0.0"),
        ("data.split=filtered", "data.split", "filtered"),
    ],
)
def test_set_replaces_one_field_by_its_type(mlp, assignment, path, value):
    assert serialization.table(overrides.override(mlp, assignment))[path] == value


def test_fields_that_depend_on_each_other_are_set_together_in_any_order(mlp):
    for assignments in (
        ("model.units=64", "model.dropout=0.1"),
        ("model.dropout=0.1", "model.units=64"),
    ):
        assert overrides.override(mlp, *assignments).model.units == (64,)
    assert overrides.override(
        mlp, "fit.optimizer.momentum=0.9", "fit.optimizer=SGD"
    ).fit.optimizer == SGD(momentum=0.9)


def test_names_are_set_without_quotes():
    own = overrides.override(load("own_table").experiment, "data.leave_out=length, tempo")
    assert own.data.leave_out == ("length", "tempo")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("fit.epochs=3.5", "--set fit.epochs=3.5: expected a whole number"),
        ("fit.epochs=99999999999999999999", "99999999999999999999 is too large: expected less"),
        ("model.units=64,-99999999999999999999", "is too large: expected less than 9223"),
        ("fit.epochs=0", "fit.epochs is 0: expected a whole number of at least 1"),
        ("fit.epoch=3", "fit has no field 'epoch': did you mean epochs?"),
        ("fitt.epochs=3", "did you mean fit?"),
        ("fit.epochs", "expected FIELD=VALUE"),
        ("data.split=leaky", "expected one of random_70_30, filtered"),
        ("fit.optimizer=Adadelta", "expected Adam or AdamW or RMSprop or SGD or Adagrad"),
        ("fit.optimizer.learning_rate=nan", "expected more than 0"),
        ("model.units=64", "has 1 entries, model.dropout 3"),
        ("model.units=a,b", "expected whole numbers separated by commas"),
        ("fit.epochs.more=3", "fit.epochs has no field 'more'"),
        ("fit.seed=-1", "fit.seed is -1: expected a whole number from 0 to 4294967295"),
        ("data.seed=-1", "data.seed is -1: expected a whole number from 0 to 4294967295"),
        ("data.seed=4294967296", "data.seed is 4294967296: expected a whole number"),
        ("fit.optimizer.epsilon=-1", "fit.optimizer.epsilon is -1.0: expected 0 or more"),
        ("fit.optimizer.epsilon=nan", "fit.optimizer.epsilon is nan: expected 0 or more"),
        ("fit.optimizer.learning_rate=inf", "learning_rate is inf: expected a finite number"),
        ("fit.optimizer=RMSprop(rho=1.0)", "fit.optimizer.rho is 1.0: expected 0 to below 1"),
        ("fit.optimizer=SGD(momentum=5)", "fit.optimizer.momentum is 5.0: expected 0 to 1"),
        ("fit.optimizer=AdamW(weight_decay=-1)", "weight_decay is -1.0: expected 0 or more"),
        ("fit.schedule=Plateau(factor=nan)", "fit.schedule has factor nan"),
        ("fit.schedule=Plateau(factor=-1)", "expected 0 < factor < 1"),
        ("fit.schedule=Plateau(patience=-1)", "expected 0 < factor < 1, 0 <= patience"),
        (
            "fit.loss=OnsetsFirst(0)",
            "fit.loss.milliseconds is 0.0 and fit.loss.weight 4.0: expected",
        ),
        ("fit.loss=TargetFirst(-1)", "fit.loss.others is -1.0: expected 0 or more"),
        ("fit.loss=WeightedBinary((-1, 2))", "positive_weights is (-1.0, 2.0): expected 0 or more"),
    ],
)
def test_set_refuses_what_does_not_fit_in_one_line(mlp, assignment, message):
    with pytest.raises(UserError) as error:
        overrides.override(mlp, assignment)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "assignment", "message"),
    [
        ("gtzan_cnn1d:gap", "frontend.inner.floor=inf", "frontend.inner.floor is inf: expected a"),
        ("own_sound:cnn2d", "data.window=inf", "data.window is inf: expected a finite number"),
        ("own_sound:cnn2d", "data.fold=5", "expected two folds or more, 0 <= fold < folds"),
        ("gate:voice", "data.snr_db=-5,1e999", "data.snr_db.1 is inf: expected a finite number"),
        ("gate:voice", "data.length=nan", "data.length is nan: expected 0 or more"),
        ("gate:voice", "data.hits=-1", "data.hits is -1.0: expected 0 or more"),
        ("gate:voice", "data.fold=-1", "expected two folds or more, 0 <= fold < folds"),
    ],
)
def test_numbers_of_all_parts_are_checked_before_anything_is_read(name, assignment, message):
    with pytest.raises(UserError) as error:
        overrides.override(load(name).experiment, assignment)
    assert message in str(error.value)


def test_an_experiment_comes_back_from_json(mlp):
    changed = overrides.override(
        overrides.override(mlp, "fit.optimizer=SGD"), "model.units=32,32,32"
    )
    assert serialization.decode(serialization.encode(changed)) == changed
    assert changed.fit.optimizer == SGD()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("experiment = replace(mlp, fit=Fitt())", "line 4, could not be run: NameError"),
        ("experiment = replace(mlp, fit=Fit(epochs='3'))", "fit.epochs is '3'"),
        ("experiment = replace(mlp, fit=Fit(epochs=2.5))", "fit.epochs is 2.5"),
        ("experiment = Experiment(", "could not be loaded"),
    ],
)
def test_what_is_wrong_in_an_own_file_is_said_in_one_line(tmp_path, line, reason):
    own = tmp_path / "mine.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from kerasaudio.experiment import Experiment, Fit\n"
        "from kerasaudio.experiment.catalogue import load; mlp = load('gtzan_mlp').experiment\n"
        f"{line}\n"
    )
    with pytest.raises(UserError, match=re.escape(reason)):
        load(str(own))
    assert str(own) not in dict(own_files())  # workers get the others


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


OWN_SET = """
from dataclasses import dataclass, replace
from kerasaudio.experiment import DataSet, SingleLabel
from kerasaudio.experiment.catalogue import load
from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected
@dataclass(frozen=True)
class Mine(DataSet):
    folder = "mine"
    labels = ("a", "b")
    task = SingleLabel()
    shape = (3,)
    rate = None
    def load(self, root): ...
    def write_standin(self, root): ...
experiment = replace(load("gtzan_mlp").experiment, data=Mine())
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN_SET, ["Mine", "protocol"]),
        (OWN_SET.replace("Mine(DataSet)", "Mine"), ["data is Mine", "DataSet"]),
        (
            "from dataclasses import dataclass, replace\n"
            "from kerasaudio.experiment.catalogue import load\n"
            "@dataclass(frozen=True)\nclass Mine: ...\n"
            'experiment = replace(load("gtzan_mlp").experiment, frontend=Mine())\n',
            ["frontend is Mine", "any_length"],
        ),
    ],
)
def test_a_part_that_lacks_something_is_named_when_it_is_loaded(tmp_path, text, words):
    own = tmp_path / "mine.py"
    own.write_text(text)
    with pytest.raises(UserError) as error:
        load(str(own))
    assert all(word in str(error.value) for word in words)


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


@pytest.fixture(scope="module")
def gap():
    return load("gtzan_cnn1d:gap").experiment


def test_set_reaches_into_one_or_all_entries_of_a_tuple(gap):
    one = overrides.override(gap, "model.convs.0.kernel=4", "model.head.filters=32")
    assert [conv.kernel for conv in one.model.convs] == [4, 3, 3, 3, 3]
    assert one.model.head.filters == 32
    every = overrides.override(one, "model.convs.*.dropout=0.1", "model.convs.1.dropout=0.2")
    assert [conv.dropout for conv in every.model.convs] == [0.1, 0.2, 0.1, 0.1, 0.1]
    assert every.model.convs[1].pool == gap.model.convs[1].pool


def test_set_takes_parts_with_their_values(gap, mlp):
    changed = overrides.override(
        gap,
        "model.convs=[Conv(64), Conv(64, pool=2, activation='elu')]",
        "model.head=FullyConnected(units=(32,), dropout=.5)",
        "model.convs.0.filters=8",
    )
    assert changed.model == CNN1D(
        (Conv(8), Conv(64, pool=2, activation="elu")), FullyConnected((32,), 0.5)
    )
    optimizer = overrides.override(mlp, "fit.optimizer=SGD(0.1, nesterov=True)").fit.optimizer
    assert optimizer == SGD(0.1, nesterov=True)
    assert overrides.override(mlp, "model.units.1=32").model.units == (128, 32, 64)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("model.convs.9.kernel=4", "model.convs has 5 entries: expected a number below 5, or *"),
        ("model.convs.first.kernel=4", "expected a number below 5, or * for all"),
        ("model.convs.0.kernal=4", "model.convs.0 has no field 'kernal': did you mean kernel?"),
        ("model.convs=[Conv(64, kernal=4)]", "does not fit Conv: it has filters, kernel"),
        ("model.convs=[Conv(64, 3, filters=3)]", "does not fit Conv: it has filters"),
        ("model.convs=[Conv(filters='many')]", "--set filters=many: expected a whole number"),
        ("model.convs=[Conv]", "missing 1 required positional argument: 'filters'"),
        ("model.convs=[open('/tmp/file')]", "expected some of Conv, separated by commas"),
        ("model.head=__import__('os').getcwd()", "expected FullyConnected or GlobalAverage"),
        ("fit.optimizer=SGD(__import__('os').cpu_count())", "expected a number"),
    ],
)
def test_set_builds_nothing_but_what_a_field_admits(gap, assignment, message):
    with pytest.raises(UserError) as error:
        overrides.override(gap, assignment)
    assert message in str(error.value)
