"""Stacked trials give the numbers of the same trials trained alone by Keras."""

from dataclasses import dataclass, replace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers
from keras_tuner import HyperParameters

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.experiment import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Cosine,
    Experiment,
    Fit,
    Plateau,
    RMSprop,
    WeightedBinary,
)
from kerasaudio.experiment.catalogue import load
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.models.mlp import MLP
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.callbacks import Schedule
from kerasaudio.tuning.stacks import blocks, dense, epoch, stackable
from kerasaudio.tuning.stacks.sizes import sizes

EPOCHS = 10


@dataclass(frozen=True)
class Own:
    """A dense model with activations in its layers, no or drawn biases, and a flattening."""

    units: tuple[int, ...] = (24, 16)
    activation: str = "sigmoid"
    bias: bool = False

    def __call__(self, features, labels):
        hidden = layers.Flatten()(features)
        for units in self.units:
            drawn = keras.initializers.RandomUniform(-0.1, 0.1)
            hidden = layers.Dense(
                units,
                activation=self.activation,
                use_bias=self.bias,
                kernel_initializer="he_normal",
                bias_initializer=drawn,
            )(hidden)
        return layers.Dense(labels)(hidden)


def experiment(model, optimizer, seed, **fit):
    settings = {"epochs": EPOCHS, "batch_size": 64, "keep": "last", **fit}
    return Experiment(
        GtzanFeatures(), Standardize(), model, Fit(optimizer=optimizer, seed=seed, **settings)
    )


@pytest.fixture(scope="module")
def splits(standin_root):
    return GtzanFeatures().load(standin_root)


def train(experiments, splits, widest=None):
    members = [stackable.member(each) for each in experiments]
    assert None not in members
    return blocks.Trainer(lambda data, frontend: splits, widest).train(members)


SCHEDULES = {
    "momentum": Plateau(0.5, patience=1, threshold=0.1),
    "adamw": Cosine(),
    "adagrad": Plateau(0.5, patience=0, threshold=0.1, watch="val_accuracy"),
    "sgd leaky glorot": Plateau(0.5, patience=0, threshold=0.3, watch="val_loss"),
}


def point_of(kind):
    model, optimizer = KINDS[kind]
    return experiment(model, optimizer, seed=list(KINDS).index(kind), schedule=SCHEDULES.get(kind))


def train_alone(experiment, splits):
    """Keras' own history, and the weights before and after."""
    fit = experiment.fit
    model = assemble(experiment, splits.train)
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    before = [weight for layer in dense for weight in layer.get_weights()]
    history = model.fit(
        pipeline.training_batches(splits.train, fit.batch_size, fit.seed, range(fit.epochs)),
        validation_data=pipeline.batches(splits.valid, 512),
        epochs=fit.epochs,
        steps_per_epoch=pipeline.steps_per_epoch(splits.train, fit.batch_size),
        shuffle=False,
        verbose=0,
        callbacks=[Schedule(fit, [])],
    ).history
    return history, before, [weight for layer in dense for weight in layer.get_weights()]


NARROW, WIDE = (16, 32, 16), (32, 16, 24)
PLAIN = MLP(units=NARROW, dropout=(0.0, 0.0, 0.0))
KINDS = {
    "adam relu glorot": (replace(PLAIN, activation="relu"), Adam(0.003)),
    "adam leaky random": (replace(PLAIN, units=WIDE, initializer="random_uniform"), Adam(0.001)),
    "rmsprop leaky glorot": (PLAIN, RMSprop(0.001, 0.8)),
    "rmsprop relu random": (
        replace(PLAIN, units=WIDE, activation="relu", initializer="random_uniform"),
        RMSprop(),
    ),
    "sgd leaky glorot": (PLAIN, SGD(0.05)),
    "sgd relu random": (
        replace(PLAIN, units=WIDE, activation="relu", initializer="random_uniform"),
        SGD(0.01),
    ),
    "momentum": (PLAIN, SGD(0.01, 0.9)),
    "adamw": (PLAIN, AdamW(0.002, 0.01)),
    "adagrad": (PLAIN, Adagrad(0.02)),
    "sigmoid without bias": (Own(), Adam(0.01)),
    "tanh with drawn bias": (Own(activation="tanh", bias=True), SGD(0.1)),
}


@pytest.fixture(scope="module")
def together(splits):
    """All kinds in one block, each padded by a wider neighbour."""
    kinds = [point_of(kind) for kind in KINDS]
    wider = [
        replace(
            each, model=replace(each.model, units=tuple(2 * units for units in each.model.units))
        )
        for each in kinds
    ]
    return dict(zip(KINDS, train(kinds + wider, splits), strict=False))


@pytest.mark.parametrize("kind", KINDS)
def test_a_stacked_trial_is_the_trial_alone(together, splits, kind):
    """Every epoch's metrics and the last weights agree."""
    point = point_of(kind)
    history, before, after = train_alone(point, splits)
    for own, keras_own in zip(stackable.member(point).weights, before, strict=True):
        np.testing.assert_array_equal(own, keras_own)
    rows = pd.DataFrame(together[kind].history)
    assert list(rows.epoch) == list(range(1, EPOCHS + 1))
    for name, values in history.items():
        np.testing.assert_allclose(rows[name], values, atol=1e-5, rtol=0, err_msg=name)
    for own, keras_own in zip(together[kind].weights, after, strict=True):
        np.testing.assert_allclose(own, keras_own, atol=1e-5)


def test_the_order_of_examples_is_that_of_training_batches(splits):
    seeds = [3, 4, 0, 2**31 - 1, 2**31 + 5]
    orders = pipeline.training_orders(len(splits.train), seeds)
    stacked_targets = np.stack([splits.train.targets[next(orders).numpy()] for _ in range(2)])
    for place, seed in enumerate(seeds):
        keras.utils.set_random_seed(seed)
        seen = [
            labels
            for _, labels in pipeline.training_batches(
                splits.train, 50, seed, range(2)
            ).as_numpy_iterator()
        ]
        np.testing.assert_array_equal(np.concatenate(seen), stacked_targets[:, place].ravel())


def test_dropout_leaves_out_its_share_and_keeps_the_mean():
    for key, rate in ((5, 0.1), (6, 0.5), (7, 0.0)):
        shape = tf.TensorShape((400, 100))
        each = epoch._dropout(tf.constant(key, tf.uint32), shape, tf.constant(rate)).numpy()
        assert set(np.unique(each)) <= {0, np.float32(1) / np.float32(1 - rate)}
        # 40,000 draws: four standard deviations
        assert (each == 0).mean() == pytest.approx(
            rate, abs=4 * (rate * (1 - rate) / 40_000) ** 0.5
        )
        assert (each == 0).mean(axis=0).std() == pytest.approx(
            (rate * (1 - rate) / 400) ** 0.5, rel=0.25
        )


def test_masks_of_neighbouring_seeds_are_independent():
    keys, shape = epoch._hash(tf.cast(tf.range(20), tf.uint32)), tf.TensorShape(10_000)
    dropped = [epoch._dropout(key, shape, tf.constant(0.5)).numpy() == 0 for key in keys]
    correlation = np.corrcoef(dropped)[np.triu_indices(20, 1)]
    assert (
        np.abs(correlation).max() < 4.5 / 100
    )  # the largest of 190, each with standard deviation 1/100


def test_dropout_trains_the_same_whoever_the_neighbours_are(splits):
    model = replace(PLAIN, dropout=(0.1, 0.2, 0.3))
    points = [experiment(model, Adam(), seed, epochs=2) for seed in range(3)]
    whole, part = train(points, splits), train(points[1:2], splits)
    assert whole[1].history[-1]["loss"] == pytest.approx(part[0].history[-1]["loss"], abs=1e-5)
    assert len({each.history[-1]["loss"] for each in whole}) == 3
    without = train([replace(points[1], model=PLAIN)], splits)
    assert whole[1].history[-1]["loss"] > without[0].history[-1]["loss"]


def test_members_that_train_at_once_train_as_one_after_the_other(splits, monkeypatch):
    """A GPU's program, on this processor."""
    points = [experiment(PLAIN, Adam(), seed, epochs=2) for seed in range(3)]
    in_turn = train(points, splits)
    monkeypatch.setattr(epoch, "sizes", lambda: replace(sizes(), at_once=True))
    epoch.compiled_epoch.cache_clear()
    at_once = train(points, splits)
    epoch.compiled_epoch.cache_clear()
    for one, other in zip(at_once, in_turn, strict=True):
        assert one.history[-1] == pytest.approx(other.history[-1], abs=1e-5)
        for weight, same in zip(one.weights, other.weights, strict=True):
            np.testing.assert_allclose(weight, same, atol=1e-4)


def test_a_gpu_trains_one_large_stack_at_a_time(monkeypatch):
    members = [stackable.member(experiment(PLAIN, Adam(), seed)) for seed in range(40)]
    assert [len(places) for places in blocks._stacks(members)] == [32, 8]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    assert [len(places) for places in blocks._stacks(members)] == [40]
    assert (sizes().side_by_side, sizes().at_once) == (1, True)


def test_numbers_of_double_precision_are_taken(splits):
    """KerasTuner's Gaussian process draws them."""
    model = replace(PLAIN, dropout=(np.float64(0.1),) * 3)
    point = experiment(model, Adam(np.float64(0.001)), 0, epochs=2, schedule=Cosine())
    plain = replace(point, model=replace(PLAIN, dropout=(0.1,) * 3))
    (one,), (other,) = train([point], splits), train([plain], splits)
    assert one.history == other.history


@dataclass(frozen=True)
class Other:
    """Layers that no stack knows, or knows only in part."""

    kind: str

    def __call__(self, features, labels):
        known = {
            "convolution": lambda x: layers.Flatten()(
                layers.Conv1D(4, 3)(layers.Reshape((-1, 1))(x))
            ),
            "normalised": lambda x: layers.BatchNormalization()(layers.Dense(8)(x)),
            "branched": lambda x: layers.Add()([layers.Dense(8)(x), layers.Dense(8)(x)]),
            "penalised": lambda x: layers.Dense(8, kernel_regularizer="l2")(x),
            "frozen": lambda x: layers.Dense(8, trainable=False)(x),
            "constrained": lambda x: layers.Dense(8, kernel_constraint="unit_norm")(x),
            "noisy": lambda x: layers.GaussianNoise(0.1)(layers.Dense(8)(x)),
            "capped": lambda x: layers.ReLU(max_value=6)(layers.Dense(8)(x)),
            "dropped first": lambda x: layers.Dense(8)(layers.Dropout(0.1)(x)),
            "activated late": lambda x: layers.ReLU()(layers.Dropout(0.1)(layers.Dense(8)(x))),
            "softmaxed": lambda x: layers.Softmax()(layers.Dense(8)(x)),
            "softmaxed inside": lambda x: layers.Dense(8, activation="softmax")(x),
            "capped inside": lambda x: layers.Dense(8, activation=layers.ReLU(max_value=6))(x),
            "own function": lambda x: layers.Dense(
                8, activation=lambda hidden: hidden - keras.ops.mean(hidden)
            )(x),
            "shared": lambda x: (lambda dense: dense(dense(x)))(layers.Dense(x.shape[-1])),
        }
        return layers.Dense(labels)(known[self.kind](features))


@pytest.mark.parametrize(
    "kind",
    ["convolution", "normalised", "branched", "penalised", "frozen", "constrained", "noisy",
     "capped", "dropped first", "activated late", "softmaxed", "softmaxed inside",
     "capped inside", "own function", "shared"],
)  # fmt: skip
def test_what_a_stack_does_not_compute_exactly_is_trained_alone(kind):
    assert stackable.member(experiment(Other(kind), Adam(), 0)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"loss": WeightedBinary((1.0,) * 10)},
        {"threshold": "best_f1"},
        {"schedule": Plateau(watch="val_auc")},
    ],
)
def test_a_fit_of_another_kind_is_trained_alone(change):
    assert stackable.member(experiment(PLAIN, Adam(), 0, **change)) is None


def test_the_linear_models_of_audioset_speech_are_stacked_one_group_a_batch_size():
    entry = load("audioset_speech:linear")
    hp = HyperParameters()
    entry.space(hp)
    points = []
    for row in hp.space[0].values:
        hp.values["row"] = row
        points.append(stackable.member(entry.space(hp)))
    assert None not in points
    assert len({point.group for point in points}) == len(
        {(p.group[-2], p.group[-1]) for p in points}
    )
    assert [layer.inputs for layer in points[0].layers] == [1280, 32]


@pytest.mark.parametrize(
    "architecture",
    [
        lambda x, labels: layers.Dense(labels, activation="relu")(x),
        lambda x, labels: layers.Dense(labels + 1)(x),
        lambda x, labels: layers.Dense(labels)(x) * 2,
        lambda x, labels: layers.Dense(labels)(x) + x[:, :labels],
    ],
)
def test_logits_that_are_not_those_of_a_dense_layer_are_trained_alone(architecture):
    assert dense.dense_chain(architecture, (5,), 3) is None
