"""Class weights, balanced sampling and their likes, against Keras, scikit-learn and by hand."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.data.rows import Rows
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, Fit, MultiLabel
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.models.mlp import MLP
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.callbacks import EpochSeeds
from kerasaudio.training.class_weights import check_weights, weighable, weighted
from kerasaudio.training.fit import fit
from kerasaudio.training.losses import LabelwiseCrossentropy, TargetFirstCrossentropy
from kerasaudio.tuning.stacks.stackable import member

COUNTS = (60, 30, 10)


@pytest.fixture
def one_label():
    targets = np.repeat(np.arange(3, dtype=np.int32), COUNTS)
    inputs = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    return Examples(tuple(map(str, range(100))), targets, Rows(inputs))


@pytest.fixture
def many_labels():
    """Of 100 examples 50 have the first label, 20 the second, 5 the third, and some none."""
    number = np.arange(100)
    targets = np.stack([number < 50, number % 5 == 0, number % 20 == 3], axis=1).astype(np.uint8)
    inputs = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    return Examples(tuple(map(str, number)), targets, Rows(inputs))


def small(class_weights):
    experiment = load("gtzan_mlp").experiment
    data = replace(experiment.data, split="filtered")
    return replace(experiment, data=data, fit=Fit(epochs=2, class_weights=class_weights))


def weights_of(experiment, examples):
    batches = weighted(pipeline.batches(examples, 7), experiment, examples)
    return np.concatenate([batch[2] for batch in batches.as_numpy_iterator()])


def test_balanced_weights_are_those_of_scikit_learn(one_label):
    found = weights_of(small("balanced"), one_label)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=one_label.targets)
    np.testing.assert_allclose(found, expected[one_label.targets], rtol=1e-6)


def test_a_fit_is_that_of_keras_with_class_weight(standin_root):
    weights = tuple(np.linspace(0.2, 3, 10).tolist())
    experiment = small(weights)
    splits = experiment.data.load(standin_root)
    found = fit(assemble(experiment, splits.train), experiment, splits)
    model = assemble(small(None), splits.train)
    expected = model.fit(
        pipeline.training_batches(splits.train, 32, 0, range(2)),
        shuffle=False,
        validation_data=pipeline.batches(splits.valid, 512),
        class_weight=dict(enumerate(weights)),
        epochs=2,
        steps_per_epoch=pipeline.steps_per_epoch(splits.train, 32),
        verbose=0,
        callbacks=[EpochSeeds()],
    ).history
    for column in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose([row[column] for row in found], expected[column], rtol=1e-5)


def test_both_sides_of_every_label_weigh_the_same(many_labels):
    experiment = small("balanced")
    found = weights_of(experiment, many_labels)
    held = many_labels.targets > 0
    np.testing.assert_allclose(np.where(held, found, 0).sum(axis=0), 50, rtol=1e-5)
    np.testing.assert_allclose(np.where(held, 0, found).sum(axis=0), 50, rtol=1e-5)
    own = weights_of(small((1.0, 2.0, 5.0)), many_labels)
    np.testing.assert_array_equal(own, np.where(held, (1, 2, 5), 1))


def test_weights_of_several_labels_multiply_their_own_terms_of_the_loss():
    truth = np.array([[1, 0], [0, 0]], np.float32)
    scores = np.array([[0.9, 0.2], [0.4, 0.3]], np.float32)
    weights = np.array([[3, 1], [2, 0.5]], np.float32)
    each = -np.log([[0.9, 0.8], [0.6, 0.7]])
    loss = LabelwiseCrossentropy((1, 1))
    assert float(loss(truth, scores)) == pytest.approx(
        float(keras.losses.BinaryCrossentropy()(truth, scores)), rel=1e-6
    )
    assert float(loss(truth, scores, weights)) == pytest.approx((each * weights).mean(), rel=1e-5)


def test_without_weights_the_loss_of_a_target_is_as_it_was():
    experiment = override(
        load("audioset_speech:attention").experiment, "fit.class_weights=balanced"
    )
    task, labels = experiment.data.task, experiment.data.labels
    assert isinstance(task, MultiLabel)
    plain = TargetFirstCrossentropy(labels.index(task.target), experiment.fit.loss.others)
    random = np.random.default_rng(0)
    truth = (random.random((5, len(labels))) < 0.1).astype(np.float32)
    scores = random.uniform(0.01, 0.99, truth.shape).astype(np.float32)
    found = weighable(experiment, plain)(truth, scores)
    assert float(found) == pytest.approx(float(plain(truth, scores)), rel=1e-5)


def drawn(examples, epochs):
    batches = pipeline.training_batches(examples, 8, 3, epochs, balanced=True)
    numbers = {row.tobytes(): at for at, row in enumerate(examples.inputs.array)}
    found = [[numbers[row.tobytes()] for row in rows] for rows, _ in batches.as_numpy_iterator()]
    return np.array(sum(found, [])).reshape(len(epochs), -1), [len(rows) for rows in found]


def test_balanced_sampling_draws_every_label_equally_often(one_label):
    epochs, sizes = drawn(one_label, range(40))
    assert sizes == [*[8] * 12, 4] * 40
    counts = np.stack([np.bincount(one_label.targets[epoch], minlength=3) for epoch in epochs])
    assert set(counts.ravel()) <= {33, 34}
    assert len({tuple(epoch) for epoch in epochs}) == 40
    # Each example of a label is drawn equally often: 40 * 33.3 / 60, 30 and 10 times.
    times = np.bincount(epochs.ravel(), minlength=100)
    for label, count in enumerate(COUNTS):
        mean = 40 * 100 / 3 / count
        each = times[one_label.targets == label]
        assert np.abs(each - mean).max() < 5 * np.sqrt(mean)
    later, _ = drawn(one_label, range(38, 40))
    np.testing.assert_array_equal(later, epochs[38:])


def test_balanced_sampling_of_several_labels_draws_those_without_any_too(many_labels):
    (epoch,), _ = drawn(many_labels, range(1))
    held = many_labels.targets[epoch] > 0
    assert held.sum(axis=0).min() >= 25  # a quarter is drawn for each label
    assert (~held.any(axis=1)).sum() == 25


@pytest.mark.parametrize("change", [{"class_weights": "balanced"}, {"sampling": "balanced"}])
def test_such_fits_train_outside_of_stacks(change):
    experiment = Experiment(GtzanFeatures(), Standardize(), MLP(), Fit())
    assert member(experiment)
    assert member(replace(experiment, fit=replace(experiment.fit, **change))) is None


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("fit.class_weights=1,2", "has 2 values for 10 labels: expected one for each of blues"),
        ("fit.class_weights=1,-2", "expected finite values from 0 up"),
        ("fit.class_weights=heavy", "expected None or one of balanced or numbers separated"),
        ("fit.sampling=some", "expected one of all, balanced"),
        ("fit.threshold=FalseAlarms", "counts by the hour: expected a data set of sound"),
    ],
)
def test_bad_settings_are_one_line(setting, told, standin_root):
    with pytest.raises(UserError, match=told):
        experiment = override(load("gtzan_mlp").experiment, setting)
        assemble(experiment, experiment.data.load(standin_root).train)


@pytest.mark.parametrize("field", ["fit.class_weights=balanced", "fit.sampling=balanced"])
def test_frames_have_no_weights_of_labels(field):
    with pytest.raises(UserError, match="not of frames"):
        check_weights(override(load("gate:voice").experiment, field))
