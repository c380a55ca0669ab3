"""Scaling, against formulas by hand."""

import keras
import numpy as np
import pytest

from kerasaudio.frontends.scaling import Scaling

BYTES = np.random.default_rng(0).integers(1, 256, size=(50, 10, 128)).astype(np.float32)


def scaled(scale, x=BYTES):
    inputs = keras.Input((10, 128))
    model = keras.Model(inputs, Scaling(scale)(inputs, None))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt(BYTES)
    return np.array(model(x))


@pytest.mark.parametrize(
    "scale, expected",
    [
        ("none", BYTES),
        ("unit", BYTES / 255),
        ("whitened", BYTES * 4 / 255 - 2),
        ("log", np.log(1 + BYTES)),
        ("standardize", (BYTES - BYTES.mean((0, 1))) / BYTES.std((0, 1))),
    ],
)
def test_scales_by_hand(scale, expected):
    np.testing.assert_allclose(scaled(scale), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scale", ["none", "unit", "whitened", "log", "standardize"])
def test_padding_stays_zero(scale):
    padded = BYTES.copy()
    padded[:, 7:] = 0
    assert (scaled(scale, padded)[:, 7:] == 0).all()
