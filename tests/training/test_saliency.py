"""Saliency against a gradient by hand."""

import keras
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from kerasaudio.training.saliency import SMOOTH, saliency


def test_a_linear_network_looks_where_its_weights_are():
    model = keras.Sequential(
        [keras.Input((8, 6)), keras.layers.Flatten(), keras.layers.Dense(2), keras.layers.Softmax()]
    )
    weights = np.random.default_rng(0).normal(size=(48, 2)).astype(np.float32)
    model.set_weights([weights, np.array([3, 0], np.float32)])
    inputs = np.zeros((1, 8, 6), np.float32)
    # The gradient of log p of the first of two classes is (1 - p)(w1 - w2).
    expected = gaussian_filter(np.abs(weights[:, 0] - weights[:, 1]).reshape(8, 6), SMOOTH)
    np.testing.assert_allclose(saliency(model, inputs)[0], expected / expected.max(), rtol=1e-4)


def test_a_network_that_looks_nowhere_gives_zeros():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Rescaling(0.0), keras.layers.Softmax()]
    )
    assert saliency(model, np.ones((2, 4), np.float32)) == pytest.approx(0)
