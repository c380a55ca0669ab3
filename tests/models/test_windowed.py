"""Averages over the windows of a clip: of features, logits or scores."""

import keras
import numpy as np
import pytest
from scipy.special import expit

from kerasaudio.models.strided_cnn import StridedCNN
from kerasaudio.models.windowed import Windowed

NETWORK = StridedCNN(length=16, stride=8, filters=(4, 4), units=6)


def averaged(average, windows, network=NETWORK):
    """Logits of clips, and the features and the head of the same network for averages by hand."""
    keras.utils.set_random_seed(0)
    clips = keras.Input((None, *windows.shape[2:]))
    model = keras.Model(clips, Windowed(network, average)(clips, 3))
    keras.utils.set_random_seed(0)
    inputs = keras.Input(windows.shape[2:])
    hidden = network.features(inputs)
    body = keras.Model(inputs, hidden)
    inner = keras.Input(hidden.shape[1:])
    head = keras.Model(inner, network.head(inner, 3))
    for ours, theirs in zip(model.weights, body.weights + head.weights, strict=True):
        theirs.assign(ours)
    each = np.array(body(windows.reshape(-1, *windows.shape[2:])))
    return np.array(model(windows)), each.reshape(*windows.shape[:2], -1), head


@pytest.fixture(scope="module")
def windows():
    return np.random.default_rng(1).normal(size=(2, 5, 400, 1)).astype(np.float32)


def test_features_are_averaged_before_the_head(windows):
    found, features, head = averaged("features", windows)
    np.testing.assert_allclose(found, head(features.mean(axis=1)), atol=1e-5)


def test_logits_are_averaged_after_the_head(windows):
    found, features, head = averaged("logits", windows)
    logits = np.array(head(features.reshape(10, -1))).reshape(2, 5, 3)
    np.testing.assert_allclose(found, logits.mean(axis=1), atol=1e-5)


def test_scores_are_averaged_after_the_expit(windows):
    found, features, head = averaged("scores", windows)
    logits = np.array(head(features.reshape(10, -1))).reshape(2, 5, 3)
    np.testing.assert_allclose(expit(found), expit(logits).mean(axis=1), atol=1e-5)


def test_the_three_places_differ_and_agree_on_a_single_window(windows):
    three = [averaged(average, windows)[0] for average in ("features", "logits", "scores")]
    assert min(np.abs(three[a] - three[b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) > 1e-3
    single = [averaged(average, windows[:, :1])[0] for average in ("features", "logits", "scores")]
    np.testing.assert_allclose(single[1], single[0], atol=1e-5)
    np.testing.assert_allclose(single[2], single[0], atol=1e-5)


def test_the_mean_score_of_large_logits_is_finite():
    huge = np.array([[[200.0]], [[-200.0]]], np.float32)

    class Same:
        def features(self, inputs):
            return inputs[:, 0]

        def head(self, features, labels):
            return features

    clips = keras.Input((None, 1, 1))
    model = keras.Model(clips, Windowed(Same(), "scores")(clips, 1))
    np.testing.assert_allclose(
        model(np.repeat(huge[:, None], 4, axis=1))[:, 0], [200, -200], rtol=1e-5
    )
