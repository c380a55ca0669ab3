"""What `--set` changes, and what it refuses."""

import pytest

from kerasaudio.errors import UserError
from kerasaudio.experiment import SGD, overrides, serialization
from kerasaudio.experiment.catalogue import load
from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected


@pytest.fixture(scope="module")
def mlp():
    return load("gtzan_mlp").experiment


@pytest.fixture(scope="module")
def gap():
    return load("gtzan_cnn1d:gap").experiment


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
        ("own_sound:cnn2d", "data.hop=1e-9", "expected a hop of one sample or more"),
        ("gate:voice", "fit.threshold=best_f1", "fit.threshold is for labels of examples, not of"),
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


def test_a_text_that_may_be_missing_is_taken_away_by_none():
    own = load("own_sound:cnn2d").experiment
    named = overrides.override(own, "data.group=folder", "data.background=quiet")
    cleared = overrides.override(named, "data.group=none", "data.background=None")
    assert (cleared.data.group, cleared.data.background) == (None, None)
