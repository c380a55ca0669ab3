"""Augmentations in training: which examples they reach, what the cache keeps, exact resuming."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from kerasaudio.data.rows import Rows
from kerasaudio.experiment import SGD, Examples, Experiment, Fit, Splits
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.frontends.augmented import Augmented
from kerasaudio.frontends.mixup import Mixup
from kerasaudio.frontends.sound_augmentations import Gain, TimeShift
from kerasaudio.frontends.spec_augment import SpecAugment
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.models.heads import FullyConnected
from kerasaudio.models.mlp import MLP
from kerasaudio.training import checkpoint, pipeline, precompute
from kerasaudio.training.assemble import assemble, trainable_part
from kerasaudio.training.cache import Cache
from kerasaudio.training.callbacks import EpochProgress
from kerasaudio.training.fit import fit
from kerasaudio.tuning.stacks.stackable import member

SMALL = ["data.window_samples=16000", "data.windows=2", "fit.epochs=2", "fit.batch_size=32"]
BEFORE = (TimeShift(0.1), Gain())
AFTER = (SpecAugment(), Mixup())


@pytest.fixture(scope="module")
def plain():
    experiment = adjusted(load("gtzan_cnn1d:gap").experiment, SMALL, None)
    return replace(experiment, model=FullyConnected(units=(16,), dropout=0.2))


def augmented(experiment, before=(), after=()):
    return replace(experiment, frontend=Augmented(experiment.frontend, before, after))


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", 10**9)


def trained(experiment, root, cache):
    splits = precompute.load_splits(experiment, root, cache)
    model = assemble(experiment, splits.train)
    return fit(model, experiment, splits, watch=["val_macro_f1"]), model, splits


def test_what_stands_behind_the_cached_layer_uses_the_cache(plain, sounding, cache, capsys):
    rows, _, splits = trained(augmented(plain, after=AFTER), sounding, cache)
    told = capsys.readouterr().out
    assert "log_mel of 80 clips, 80 computed now" in told
    assert "not for training" not in told
    assert {examples.precomputed for _, examples in splits} == {"log_mel"}
    same, _, _ = trained(plain, sounding, cache)
    assert "log_mel of 80 clips, 0 computed now" in capsys.readouterr().out
    assert rows[0]["loss"] != same[0]["loss"]


def test_what_stands_before_leaves_the_cache_to_the_other_splits(plain, sounding, cache, capsys):
    experiment = augmented(plain, BEFORE, AFTER)
    rows, model, splits = trained(experiment, sounding, cache)
    told = capsys.readouterr().out
    clips = {clip for examples in (splits.valid, splits.test) for clip in examples.clips}
    assert f"log_mel of {len(clips)} clips, {len(clips)} computed now" in told
    assert (
        "not for training, where time_shift and gain stand before log_mel: every epoch computes "
        "anew" in told
    )
    assert [examples.precomputed for _, examples in splits] == ["", "log_mel", "log_mel"]
    live, _, _ = trained(experiment, sounding, None)
    assert list(live[0]) == list(rows[0])
    for row, other in zip(rows, live, strict=True):
        assert row["loss"] == pytest.approx(other["loss"], rel=1e-4)
        assert row["val_loss"] == pytest.approx(other["val_loss"], rel=0.02)
    part = trainable_part(model, splits.valid)
    found = part.evaluate(pipeline.batches(splits.valid, 512), verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(rows[-1]["val_loss"], rel=1e-5)


@pytest.mark.parametrize("before", [(), BEFORE])
def test_an_interrupted_run_draws_what_it_would_have_drawn(
    command, sounding, tmp_path, monkeypatch, before
):
    own = tmp_path / "own.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "from kerasaudio.experiment import Fit\n"
        "from kerasaudio.frontends.augmented import *\n"
        "from kerasaudio.models.heads import FullyConnected\n"
        "plain = load('gtzan_cnn1d:gap').experiment\n"
        "data = replace(plain.data, window_samples=8000, windows=1)\n"
        f"front = Augmented(plain.frontend, {before!r}, {AFTER!r})\n"
        "network = FullyConnected(units=(16,), dropout=0.2)\n"
        "experiment = replace(\n"
        "    plain, data=data, frontend=front, model=network, fit=Fit(epochs=4, keep='last')\n"
        ")\n"
    )
    arguments = ("--experiment", own, "--data", sounding, "--cache", tmp_path / "cache")
    assert command("train", *arguments).code == 0
    on_epoch_end = EpochProgress.on_epoch_end

    def interrupt(self, epoch, logs=None):
        on_epoch_end(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(EpochProgress, "on_epoch_end", interrupt)
        assert command("train", *arguments).code == 130
    told = command("train", "--resume", "runs/own-002", *arguments[4:])
    assert told.code == 0, told.err
    whole, half = Path("runs/own-001"), Path("runs/own-002")
    assert (half / "history.csv").read_text() == (whole / "history.csv").read_text()
    assert (half / "predictions.csv").read_bytes() == (whole / "predictions.csv").read_bytes()
    found = json.loads((half / "experiment.json").read_text())["experiment"]["frontend"]
    assert len(found["before"]) == len(before)
    if not before:
        assert command("export", half).code == 0
        scores = tf.saved_model.load(str(half / "saved_model")).signatures["serving_default"]
        sound = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, 8000)), tf.float32)
        one, other = (scores(inputs=sound)["scores"].numpy() for _ in range(2))
        np.testing.assert_array_equal(one, other)
        model = keras.saving.load_model(half / "best.keras", compile=False)
        np.testing.assert_allclose(model(sound), one, atol=1e-5)


@dataclass(frozen=True)
class Halves:
    """A network of one dense layer without noise of its own."""

    def __call__(self, features, labels):
        return keras.layers.Dense(labels, kernel_initializer="ones", name="logits")(features)


@pytest.mark.parametrize("weights", [None, (1.0, 3.0, 0.5)])
def test_the_loss_of_mixup_is_mixed_of_both_targets(weights):
    """One step by hand: the loss is share * own + (1 - share) * the partners', weighted."""
    random = np.random.default_rng(0)
    inputs = random.normal(size=(8, 57)).astype(np.float32)
    targets = random.integers(0, 3, 8).astype(np.int32)
    examples = Examples(tuple("abcdefgh"), targets, Rows(inputs))
    data = replace(load("gtzan_mlp").experiment.data)
    settings = Fit(epochs=1, batch_size=8, class_weights=weights, optimizer=SGD(1e-6), keep="last")
    front = Augmented(Standardize(), after=(Mixup(1.0),))
    experiment = Experiment(_ThreeGenres(data), front, Halves(), settings)
    model = assemble(experiment, examples)
    (row,) = fit(model, experiment, Splits(examples, examples, examples))
    share = float(model.get_layer("mixup").share)
    assert 0.5 < share < 1
    order = next(iter(pipeline.training_batches(examples, 8, 0, range(1)).as_numpy_iterator()))
    standard = np.asarray(model.get_layer("standardize")(order[0]))
    mixed = share * standard + (1 - share) * np.roll(standard, 1, axis=0)
    logits = mixed @ np.ones((57, 3))
    losses = -(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
    each = np.array(weights or (1, 1, 1))

    def loss(truth):
        return (losses[np.arange(8), truth] * each[truth]).mean()

    expected = share * loss(order[1]) + (1 - share) * loss(np.roll(order[1], 1))
    assert row["loss"] == pytest.approx(expected, rel=1e-4)
    clean = np.asarray(model.get_layer("standardize")(inputs)) @ np.ones((57, 3))
    plain = np.log(np.exp(clean).sum(axis=1)) - clean[np.arange(8), targets]
    assert row["val_loss"] == pytest.approx(plain.mean(), rel=1e-3)


class _ThreeGenres:
    """A data set whose labels are three; `Experiment` needs a real one."""

    def __new__(cls, data):
        class Three(type(data)):
            labels = ("blues", "classical", "country")

        return Three()


def test_mixup_of_rows_trains_and_resumes_alone(standin_root):
    experiment = adjusted(load("gtzan_mlp").experiment, ["fit.epochs=3"], None)
    experiment = replace(experiment, frontend=Augmented(Standardize(), (Mixup(),)), model=MLP())
    assert member(experiment) is None
    assert member(replace(experiment, frontend=Standardize()))
    splits = experiment.data.load(standin_root)
    first, again = (fit(assemble(experiment, splits.train), experiment, splits) for _ in range(2))
    assert pd.DataFrame(first).equals(pd.DataFrame(again))
    assert first[-1]["val_accuracy"] > 0.3
