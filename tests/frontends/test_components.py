"""Principal components before a network, beside scikit-learn's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from kerasaudio.errors import UserError
from kerasaudio.frontends.standardize import Standardize


@pytest.fixture
def features():
    random = np.random.default_rng(0)
    return (random.normal(size=(60, 6)) @ random.normal(size=(6, 6)) + 3).astype(np.float32)


def adapted(features, components):
    inputs = keras.Input(features.shape[1:])
    model = keras.Model(inputs, Standardize(components)(inputs, None))
    for layer in model.layers:
        if hasattr(layer, "adapt"):
            before = keras.Model(inputs, layer.input)
            layer.adapt(tf.data.Dataset.from_tensor_slices(features).batch(20).map(before))
    return model


def test_components_are_those_of_scikit_learn_but_for_signs(features):
    found = np.asarray(adapted(features, 3)(features))
    expected = PCA(3).fit_transform(StandardScaler().fit_transform(features))
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-4)


def test_a_saved_model_has_its_components(features, tmp_path):
    model = adapted(features, 2)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(again(features)), np.asarray(model(features)))


def test_more_components_than_features_is_one_line():
    with pytest.raises(UserError, match="only 6 features"):
        Standardize(7)(keras.Input((6,)), None)
    with pytest.raises(UserError, match="at least 1"):
        Standardize(0)
