"""Several steps in one call: the same weights, and a lost loss is named by its step."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from kerasaudio.data.rows import Rows, rows_of
from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training import batch_losses, execution, pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.batch_losses import BatchLosses, read_batch_losses
from kerasaudio.training.callbacks import EpochSeeds
from kerasaudio.training.checkpoint import Checkpoint
from kerasaudio.training.fit import fit
from kerasaudio.training.history import read_history
from kerasaudio.training.precompute import load_splits

STEPS = 35  # of 560 rows in batches of 16


@pytest.fixture(scope="module")
def experiment():
    return override(load("gtzan_mlp").experiment, "fit.epochs=2", "fit.batch_size=16")


@pytest.fixture(scope="module")
def splits(experiment, standin_root):
    return load_splits(experiment, standin_root)


@pytest.mark.parametrize(
    "batch_size, steps, expected",
    [(16, 35, 18), (16, 64, 32), (16, 1090, 32), (16, 1, 1), (4096, 100, 2), (16384, 5, 1)],
)
def test_calls_are_equally_long_and_read_little(experiment, splits, batch_size, steps, expected):
    model = assemble(experiment, splits.train)
    assert execution.steps_per_execution(model, batch_size, steps) == expected


@pytest.fixture(scope="module")
def from_keras(experiment, splits):
    """The history and the weights after Keras' own steps."""
    model = assemble(experiment, splits.train)
    batches = pipeline.training_batches(splits.train, 16, experiment.fit.seed, range(2))
    settings = {"epochs": 2, "shuffle": False, "verbose": 0, "callbacks": [EpochSeeds()]}
    found = model.fit(batches, steps_per_epoch=STEPS, **settings)
    return found.history, model.get_weights()


# The last call of an epoch is shorter where 4 is the most.
@pytest.mark.parametrize("most", [1, 4, 100])
def test_results_are_those_of_keras_to_the_bit(experiment, splits, from_keras, monkeypatch, most):
    monkeypatch.setattr(execution, "MOST", most)
    model = assemble(experiment, splits.train)
    rows = fit(model, experiment, splits)
    history, weights = from_keras
    for name in ("loss", "accuracy"):
        assert [row[name] for row in rows] == history[name]
    for one, other in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)


def with_a_bad_row(splits, number):
    features = rows_of(splits.train).copy()
    features[number, 0] = np.nan
    return replace(splits, train=replace(splits.train, inputs=Rows(features)))


@pytest.mark.parametrize("most", [1, 4, 100])
@pytest.mark.parametrize("seconds", [0, 1000])
def test_a_loss_that_is_no_number_is_named_by_its_step(
    experiment, splits, monkeypatch, most, seconds
):
    monkeypatch.setattr(execution, "CHECKED", seconds)
    monkeypatch.setattr(execution, "MOST", most)
    model = assemble(experiment, splits.train)  # its scale is that of good rows
    bad = with_a_bad_row(splits, 123)
    batches = pipeline.training_batches(bad.train, 16, experiment.fit.seed, range(1))
    step = next(n for n, (rows, _) in enumerate(batches, 1) if np.isnan(rows).any())
    message = f"The loss became nan in epoch 1, step {step} of {STEPS}: "
    with pytest.raises(UserError, match=re.escape(message)):
        fit(model, experiment, bad)


def test_nothing_waits_for_the_device_within_an_epoch(experiment, splits, monkeypatch):
    monkeypatch.setattr(execution, "MOST", 4)
    monkeypatch.setattr(execution, "CHECKED", 1000)
    seen = []

    class Heard(execution.Execution):
        def __call__(self, iterator):
            seen.append(super().__call__(iterator))
            return seen[-1]

    monkeypatch.setattr("kerasaudio.training.fit.Execution", Heard)
    fit(assemble(experiment, splits.train), override(experiment, "fit.epochs=1"), splits)
    assert len(seen) == 9
    assert not any(seen[:-1])
    assert set(seen[-1]) == {"loss", "accuracy"}


def stopped_after(calls, monkeypatch):
    """Ctrl-C arrives while the named call of the training function runs."""
    run = execution.Execution._several
    seen = []

    def several(self, iterator, count):
        seen.append(int(count))
        found = run(self, iterator, count)
        if len(seen) == calls:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(execution.Execution, "_several", several)
    monkeypatch.setattr(tf, "function", lambda function=None, **_: function)


@pytest.mark.parametrize("calls, sampling", [(4, "all"), (9, "all"), (18, "all"), (13, "balanced")])
def test_ctrl_c_in_an_epoch_loses_no_step(
    experiment, splits, tmp_path, monkeypatch, calls, sampling
):
    monkeypatch.setattr(execution, "MOST", 4)  # 9 calls an epoch
    chosen = override(experiment, f"fit.sampling={sampling}")
    unbroken = assemble(chosen, splits.train)
    expected = fit(unbroken, chosen, splits)

    model = assemble(chosen, splits.train)
    with monkeypatch.context() as patch:
        stopped_after(calls, patch)
        with pytest.raises(KeyboardInterrupt, match="epochs and .* of 35 steps are saved"):
            fit(model, chosen, splits, Checkpoint(tmp_path, model))
    model = assemble(chosen, splits.train)
    assert fit(model, chosen, splits, Checkpoint(tmp_path, model)) == expected


def by_hand(losses, sizes):
    """The mean loss of an epoch so far after each batch, as Keras has it."""
    return (np.cumsum(np.multiply(losses, sizes)) / np.cumsum(sizes)).tolist()


def test_losses_of_batches_are_means_of_those_since_the_row_before():
    losses = np.random.default_rng(0).uniform(size=1000)
    means = by_hand(losses, np.ones(1000))
    expected = losses[:900].reshape(3, 300).mean(axis=1)
    for size in (1, 32, 300, 1000):  # whatever a call runs
        found = BatchLosses()
        for first in range(0, 1000, size):
            found.add(5000, first + 1, means[first : first + size])
        assert [row["step"] for row in found.rows] == [5300, 5600, 5900]
        np.testing.assert_allclose([row["loss"] for row in found.rows], expected)


def test_a_missing_row_is_made_good_by_the_next_one_and_an_epoch_begins_anew():
    losses = np.random.default_rng(1).uniform(size=650)
    means = by_hand(losses, np.ones(650))
    found = BatchLosses([{"step": 300, "loss": 9.0}])
    found.add(650, 400, means[399:])
    assert [row["step"] for row in found.rows] == [300, 1250]
    assert found.rows[1]["loss"] == pytest.approx(losses[:600].mean())


def test_batch_losses_of_a_resumed_fit_are_those_of_an_unbroken_one(
    experiment, splits, tmp_path, monkeypatch
):
    monkeypatch.setattr(execution, "MOST", 4)  # 9 calls an epoch
    monkeypatch.setattr(execution, "CHECKED", 0)
    monkeypatch.setattr(batch_losses, "EVERY", 10)
    unbroken = assemble(experiment, splits.train)
    fit(unbroken, experiment, splits, Checkpoint(tmp_path, unbroken))
    expected = read_batch_losses(tmp_path)
    assert [row["step"] for row in expected] == [10, 20, 30, 45, 55, 65]
    history = read_history(tmp_path / "history.csv")
    assert expected[0]["loss"] > expected[2]["loss"] > history[1]["loss"]

    again = tmp_path / "again"
    again.mkdir()
    model = assemble(experiment, splits.train)
    with monkeypatch.context() as patch:
        stopped_after(4, patch)
        with pytest.raises(KeyboardInterrupt, match="16 of 35 steps"):
            fit(model, experiment, splits, Checkpoint(again, model))
    assert read_batch_losses(again) == expected[:1]
    model = assemble(experiment, splits.train)
    fit(model, experiment, splits, Checkpoint(again, model))
    found = read_batch_losses(again)
    assert [row["step"] for row in found] == [row["step"] for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-6)


def test_damaged_batch_losses_are_told(tmp_path):
    (tmp_path / "batch_losses.csv").write_text("step,loss\n300,a\n")
    with pytest.raises(UserError, match="batch_losses.csv is damaged"):
        read_batch_losses(tmp_path)
    assert read_batch_losses(tmp_path / "nowhere") == []


XLA = """
import sys
from pathlib import Path
import kerasaudio
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training.assemble import assemble
from kerasaudio.training.fit import fit
from kerasaudio.training.precompute import load_splits
fields = "fit.epochs=1", "fit.batch_size=16", "model.dropout=0,0,0", "fit.deterministic=False"
experiment = override(kerasaudio.load("gtzan_mlp"), *fields, "fit.jit_compile=True")
splits = load_splits(experiment, Path(sys.argv[1]))
model = assemble(experiment, splits.train)
print(model.jit_compile, fit(model, experiment, splits)[0]["loss"])
"""


def test_xla_compiles_a_step_with_the_same_results_but_for_rounding(
    experiment, splits, standin_root
):
    plain = override(experiment, "fit.epochs=1", "model.dropout=0,0,0")
    (row,) = fit(assemble(plain, splits.train), plain, splits)
    done = subprocess.run([sys.executable, "-c", XLA, standin_root], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    compiled, loss = done.stdout.split()
    assert compiled == "True"
    assert float(loss) == pytest.approx(row["loss"], rel=1e-5)


def test_xla_and_deterministic_operations_are_one_line(experiment):
    with pytest.raises(UserError, match="fit.jit_compile needs fit.deterministic=False"):
        override(experiment, "fit.jit_compile=True")


@pytest.mark.parametrize("deterministic", [True, False])
def test_operations_are_deterministic_where_the_fit_says_so(
    experiment, splits, monkeypatch, deterministic
):
    asked = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: asked.append(1))
    assemble(override(experiment, f"fit.deterministic={deterministic}"), splits.train)
    assert bool(asked) is deterministic
