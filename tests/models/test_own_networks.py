"""The networks for recordings of one's own: their parts, and the ends of their search spaces."""

import keras
import numpy as np
import pytest

from kerasaudio.experiment.catalogue import load
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import Pooled


class Ends:
    """Takes the first or the last of every choice."""

    def __init__(self, place):
        self.place, self.names = place, set()

    def Choice(self, name, values):
        self.names.add(name)
        return values[self.place]


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("name", ["cnn2d", "cnn1d", "crnn", "sample_cnn"])
def test_both_ends_of_a_space_fit_together(name, place):
    ends = Ends(place)
    value = load(f"own_sound:{name}").space(ends)
    recurrent = {"units", "cell", "layers"} if name == "crnn" else set()
    assert ends.names == recurrent | {
        *("kernel", "width", "initializer", "dropout"),
        *("optimizer", "learning_rate", "augmentation"),
    }
    inputs = keras.Input(value.data.shape)
    logits = value.model(value.frontend(inputs, value.data.rate), 3)
    assert logits.shape == (None, 3)


@pytest.mark.parametrize("shape", [(7, 4), (7, 5, 4)])
def test_a_pooled_head_is_a_dense_layer_on_the_mean(shape):
    inputs = keras.Input(shape)
    model = keras.Model(inputs, Pooled(dropout=0.5)(inputs, 3))
    values = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    kernel, bias = model.get_layer("logits").get_weights()
    wanted = values.reshape(2, -1, 4).mean(axis=1) @ kernel + bias
    np.testing.assert_allclose(model(values), wanted, atol=1e-5)
    hidden = keras.Model(inputs, Pooled((8,))(inputs, 3))
    assert hidden.count_params() == 4 * 8 + 8 + 8 * 3 + 3


def test_an_average_pool_is_the_mean_of_a_maximum_pools_steps():
    inputs = keras.Input((6, 2))
    each = {
        kind: keras.Model(inputs, Conv(3, padding=1, pool=2, pooling=kind)(inputs))
        for kind in ("max", "average")
    }
    plain = keras.Model(inputs, Conv(3, padding=1)(inputs))
    values = np.random.default_rng(0).normal(size=(1, 6, 2)).astype(np.float32)
    for model in each.values():
        model.set_weights(plain.get_weights())
    steps = np.asarray(plain(values)).reshape(1, 3, 2, 3)
    np.testing.assert_allclose(each["average"](values), steps.mean(axis=2), atol=1e-6)
    np.testing.assert_allclose(each["max"](values), steps.max(axis=2), atol=1e-6)
