"""The paper's 21 networks have PyTorch's counts, less the second set of biases of each LSTM."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasaudio.errors import UserError
from kerasaudio.models import cnn1d, cnn2d, rcnn, sample_cnn
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.gate import GateNetwork
from kerasaudio.models.heads import FullyConnected, GlobalAverage, Pooled
from kerasaudio.models.rcnn import Recurrent

RAW, MEL, LONG_MEL = (61_740, 1), (152, 128), (304, 128)
FAMILIES = {
    "cnn1d": cnn1d.VARIANTS,
    "sample_cnn": sample_cnn.VARIANTS,
    "cnn2d": cnn2d.VARIANTS,
    "rcnn": rcnn.VARIANTS,
}
# Network, input shape, PyTorch's count, units of each of its two LSTMs, input shape of the head.
PUBLISHED = [
    ("cnn1d:alexnet", LONG_MEL, 3_556_162, 0, (5, 256)),
    ("cnn1d:vgg16", LONG_MEL, 7_573_898, 0, (3, 512)),
    ("cnn1d:fc", MEL, 2_752_330, 0, (16, 128)),
    ("cnn1d:fc_dropout", MEL, 2_789_386, 0, (16, 128)),
    ("cnn1d:gap", MEL, 170_334, 0, (16, 128)),
    ("cnn1d:acn_fc", MEL, 2_979_338, 0, (16, 128)),
    ("cnn1d:acn_gap", MEL, 369_310, 0, (16, 128)),
    ("sample_cnn:fc", RAW, 4_127_114, 0, (3, 512)),
    ("sample_cnn:gap", RAW, 2_157_726, 0, (3, 512)),
    ("sample_cnn:acn_gap", RAW, 4_818_078, 0, (4, 512)),
    ("cnn2d:base", LONG_MEL, 6_540_682, 0, (4, 1, 512)),
    ("cnn2d:acn", LONG_MEL, 10_880_030, 0, (4, 1, 512)),
    ("rcnn:lstm", LONG_MEL, 265_482, 128, (128,)),
    ("rcnn:lstm_cnn", LONG_MEL, 5_323_018, 256, (11, 256)),
    ("rcnn:fc", LONG_MEL, 6_124_106, 256, (16, 256)),
    ("rcnn:acn_fc", LONG_MEL, 7_174_986, 256, (18, 256)),
    ("rcnn:gap", LONG_MEL, 1_433_310, 256, (16, 256)),
    ("rcnn:acn_gap", LONG_MEL, 2_388_318, 256, (18, 256)),
    ("rcnn:two_d", LONG_MEL, 7_287_306, 256, (16, 256)),
    ("rcnn:raw_fc", RAW, 16_751_242, 256, (22, 256)),
    ("rcnn:raw_gap", RAW, 6_378_014, 512, (22, 512)),
]


def network(name):
    family, _, variant = name.partition(":")
    return FAMILIES[family][variant]


def build(architecture, shape, labels=10):
    inputs = keras.Input(shape)
    return keras.Model(inputs, architecture(inputs, labels))


def count(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def reaches_the_head(model):
    """The input shape of the head: of its Flatten layer, or of its first convolution."""
    flat = [layer for layer in model.layers if isinstance(layer, keras.layers.Flatten)]
    points = [
        layer for layer in model.layers if getattr(layer, "kernel_size", ()) in ((1,), (1, 1))
    ]
    return (flat or points)[0].input.shape[1:]


@pytest.mark.parametrize(("name", "shape", "torchs", "units", "last"), PUBLISHED)
def test_has_the_papers_weights_and_lengths(name, shape, torchs, units, last):
    model = build(network(name), shape)
    assert count(model) == torchs - 2 * 4 * units
    assert model.output_shape == (None, 10)
    assert reaches_the_head(model) == last


def test_every_network_is_in_the_table():
    assert [row[0] for row in PUBLISHED] == [
        f"{family}:{name}" for family in FAMILIES for name in FAMILIES[family]
    ]


@pytest.mark.parametrize(
    ("name", "frames", "last"), [("cnn1d:gap", 130, 13), ("rcnn:acn_fc", 152, 9)]
)
def test_heads_take_other_lengths(name, frames, last):
    assert reaches_the_head(build(network(name), (frames, 128)))[0] == last


def test_gap_networks_take_any_length():
    model = build(network("cnn1d:gap"), (None, 128))
    assert model(np.zeros((2, 90, 128), np.float32)).shape == (2, 10)
    assert model(np.zeros((2, 152, 128), np.float32)).shape == (2, 10)


def test_too_short_an_input_is_a_value_error():
    with pytest.raises(ValueError, match="[Nn]egative"):
        build(network("cnn1d:alexnet"), (100, 128))


@pytest.mark.parametrize("kernel", [3, 5, 9, 11])
def test_another_kernel_leaves_the_lengths(kernel):
    model = build(cnn1d.VARIANTS["gap"].with_kernel(kernel), MEL)
    assert reaches_the_head(model) == (16, 128)
    assert count(model) == 170_334 + (kernel - 3) * (128 * 64 + 64 * 64 + 64 * 128 + 2 * 128 * 128)


def test_gru_in_place_of_lstm_has_three_gates_of_four():
    steps = (16, 32)
    assert count(build(lambda x, _: Recurrent(24)(x), steps)) == 4 * 24 * (32 + 24 + 1) + 4 * 24 * (
        24 + 24 + 1
    )
    assert count(build(lambda x, _: Recurrent(24, cell="gru")(x), steps)) == 3 * 24 * (
        32 + 24 + 2 + 24 + 24 + 2
    )


def test_order_within_a_block_is_convolution_normalisation_activation_dropout_pool():
    model = build(lambda x, _: Conv(8, padding=1, dropout=0.2, pool=2)(x), (20, 4))
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    assert kinds == [
        "ZeroPadding1D",
        "Conv1D",
        "BatchNormalization",
        "ReLU",
        "Dropout",
        "MaxPooling1D",
    ]
    kernel = np.abs(model.layers[2].kernel)
    assert np.sqrt(6 / 12) * 0.9 < kernel.max() <= np.sqrt(6 / 12)


def test_dropout_comes_before_normalisation_in_the_averaging_head():
    model = build(GlobalAverage(8, dropout=0.25), (20, 4))
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    first = ["Conv1D", "Dropout", "BatchNormalization", "ReLU"]
    assert kinds == [*first, "Conv1D", "BatchNormalization", "ReLU", "GlobalAveragePooling1D"]
    signal = np.random.default_rng(0).normal(size=(4, 20, 4)).astype(np.float32)
    assert np.min(model(signal)) >= 0
    assert np.min(build(GlobalAverage(8, activated=False), (20, 4))(signal)) < 0


def test_initial_weights_of_dense_layers_are_glorot_uniform():
    model = build(FullyConnected((300,)), (5, 20))
    limit = np.sqrt(6 / 400)
    assert 0.98 * limit < np.abs(model.layers[2].kernel).max() <= limit


def test_initial_recurrent_weights_are_within_one_over_the_root_of_the_units():
    model = build(lambda x, _: Recurrent(16)(x), (5, 7))
    for weight in model.trainable_weights:
        assert 0.8 / 4 < np.abs(weight).max() <= 1 / 4


@pytest.mark.parametrize("name", ["cnn1d:gap", "cnn1d:fc_dropout", "rcnn:lstm"])
def test_can_memorize_16_windows(name):
    """In 200 steps, with dropout, the loss falls below a tenth of that of a random answer."""
    keras.utils.set_random_seed(0)
    model = build(network(name), (36, 16), labels=4)
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(16, 36, 16)).astype(np.float32), np.arange(16) % 4
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=loss)
    near_zero, steps, lowest = math.log(4) / 10, 0, math.inf
    while lowest >= near_zero and steps < 200:
        model.reset_metrics()
        lowest = min(lowest, float(model.train_on_batch(inputs, targets)))
        steps += 1
    assert lowest < near_zero


def test_the_head_takes_the_maximum_and_kernels_may_begin_at_zero():
    head = replace(cnn1d.VARIANTS["gap"].head, over_time="max", activated=False, dropout=0.0)
    model = keras.Model(inputs := keras.Input((7, 3)), head(inputs, 4))
    maps = keras.Model(inputs, model.get_layer("logits").input)
    features = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(model(features)), np.asarray(maps(features)).max(axis=1))
    zero = Conv(4, initializer="zeros", activation="prelu")
    model = keras.Model(inputs := keras.Input((7, 3)), zero(inputs))
    assert not np.asarray(model.layers[1].kernel).any()
    slopes = next(each for each in model.layers if isinstance(each, keras.layers.PReLU))
    assert slopes.alpha.shape == (1, 4)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Conv(64, pool=0),
        lambda: Conv(64, dropout=1.0),
        lambda: FullyConnected(units=(64, 0)),
        lambda: GlobalAverage(dropout=1.0),
        lambda: Pooled(units=(0,)),
        lambda: Recurrent(layers=0),
        lambda: GateNetwork(units=(-1,)),
    ],
)
def test_parts_that_would_do_nothing_are_one_line(build):
    with pytest.raises(UserError, match=r"expected sizes from 1 up and a dropout in \[0, 1\)"):
        build()
