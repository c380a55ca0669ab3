from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.runs.results import rows
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.precompute import load_splits


@pytest.fixture(scope="module")
def mlp():
    return load("gtzan_mlp").experiment


@pytest.fixture(scope="module")
def splits(mlp, standin_root: Path):
    return mlp.data.load(standin_root)


def weights(model):
    return [np.array(weight) for weight in model.weights]


def test_statistics_are_those_of_the_training_rows_alone(mlp, splits):
    model = assemble(mlp, splits.train)
    scaler = StandardScaler().fit(rows(splits.train).features.astype(np.float64))
    test = rows(splits.test).features
    standardized = np.array(model.get_layer("standardize")(test))
    np.testing.assert_allclose(standardized, scaler.transform(test), rtol=1e-3, atol=1e-4)


def test_the_real_tables_smallest_features_are_standardised_too(mlp, real_data):
    splits = mlp.data.load(real_data)
    standardized = assemble(mlp, splits.train).get_layer("standardize")(rows(splits.train).features)
    np.testing.assert_allclose(np.array(standardized).mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(np.array(standardized).std(0), 1, atol=1e-3)


def test_weights_depend_on_the_seed_alone(mlp, splits):
    first, again = weights(assemble(mlp, splits.train)), weights(assemble(mlp, splits.train))
    other = weights(assemble(override(mlp, "fit.seed=1"), splits.train))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_initial_weights_have_the_distribution_that_is_named(mlp, splits):
    glorot = assemble(mlp, splits.train).layers[2].kernel
    uniform = (
        assemble(override(mlp, "model.initializer=random_uniform"), splits.train).layers[2].kernel
    )
    assert np.abs(glorot).max() == pytest.approx(np.sqrt(6 / (57 + 128)), rel=0.02)
    assert np.abs(uniform).max() == pytest.approx(0.05, rel=0.02)


def test_leaky_relu_has_tensorflows_slope(mlp, splits):
    leaky = assemble(mlp, splits.train).layers[2].activation
    np.testing.assert_allclose(leaky(np.array([-1.0, 2.0], np.float32)), [-0.2, 2.0], rtol=1e-6)


def test_optimizers_are_keras_own_with_the_fields_values(mlp, splits):
    value = override(override(mlp, "fit.optimizer=SGD"), "fit.optimizer.momentum=0.9")
    optimizer = assemble(value, splits.train).optimizer
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert (optimizer.momentum, float(optimizer.learning_rate)) == (0.9, pytest.approx(0.01))


def test_parts_that_do_not_fit_are_found_before_training(splits, tmp_path):
    own = tmp_path / "mine.py"
    own.write_text(
        "from dataclasses import dataclass, replace\n"
        "from keras import layers\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "@dataclass(frozen=True)\n"
        "class Convolution:\n"
        "    def __call__(self, features, labels):\n"
        "        return layers.Conv2D(labels, 3)(features)\n"
        'experiment = replace(load("gtzan_mlp").experiment, model=Convolution())\n'
    )
    with pytest.raises(UserError, match=r"do not fit inputs of shape \(57,\)"):
        assemble(load(str(own)).experiment, splits.train)


def test_batches_of_an_epoch_do_not_depend_on_where_training_started(splits):
    def orders(epochs):
        batches = pipeline.training_batches(splits.train, 32, seed=3, epochs=epochs)
        targets = np.concatenate([targets for _, targets in batches.as_numpy_iterator()])
        return targets.reshape(len(epochs), -1)

    whole, late = orders(range(4)), orders(range(2, 4))
    np.testing.assert_array_equal(whole[2:], late)
    assert (whole[0] != whole[1]).any()
    assert (np.sort(whole[0]) == np.sort(splits.train.targets)).all()


def test_selecting_on_test_trains_on_everything_else(mlp, standin_root):
    value = override(mlp, "fit.select_on=test")
    splits = load_splits(value, standin_root)
    assert (len(splits.train), len(splits.valid), len(splits.test)) == (700, 300, 300)
    assert splits.valid.ids == splits.test.ids
    assert isinstance(splits.train, Examples)
    assert rows(splits.train).features.shape == (700, 57)


def test_statistics_do_not_depend_on_how_many_examples_are_measured_at_once(
    mlp, splits, monkeypatch
):
    whole = assemble(mlp, splits.train).get_layer("standardize")
    monkeypatch.setattr("kerasaudio.training.assemble.MEASURED", 17)
    parts = assemble(mlp, splits.train).get_layer("standardize")
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-4)
    np.testing.assert_allclose(parts.variance, whole.variance, rtol=1e-3)
