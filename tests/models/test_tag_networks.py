"""Networks for MagnaTagATune: the replications' counts and lengths."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy.special import expit

from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.models.crnn import CRNN
from kerasaudio.models.residual_cnn import ResidualCNN
from kerasaudio.models.sample_cnn import LEE
from kerasaudio.models.strided_cnn import VARIANTS, StridedCNN
from kerasaudio.models.windowed import Windowed

SMALL = StridedCNN(length=16, stride=8, filters=(4, 4), units=6)


def build(architecture, shape, labels=50):
    inputs = keras.Input(shape)
    return keras.Model(inputs, architecture(inputs, labels))


def count(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def lengths(model, kind):
    return [layer.output.shape[1] for layer in model.layers if type(layer).__name__ == kind]


@pytest.mark.parametrize(
    ("pair", "after", "pools", "weights"),
    [
        ((1024, 1024), 34, (8, 2), 60_798),
        ((1024, 512), 67, (16, 4), 67_198),
        ((512, 512), 68, (17, 4), 50_814),
        ((512, 256), 135, (33, 8), 63_614),
        ((256, 256), 136, (34, 8), 55_422),
    ],
)
def test_chandrasekars_lengths_and_weights(pair, after, pools, weights):
    network = replace(VARIANTS["chandrasekar"], length=pair[0], stride=pair[1])
    model = build(network, (34_950, 1))
    assert lengths(model, "Conv1D") == [after, after, pools[0]]
    assert lengths(model, "MaxPooling1D") == list(pools)
    assert lengths(model, "Flatten") == [32 * pools[1]]
    assert count(model) == weights


@pytest.mark.parametrize(
    ("pair", "after", "last", "weights"),
    [
        ((1024, 1024), 34, 14, 17_887),
        ((1024, 512), 67, 47, 17_887),
        ((512, 512), 68, 48, 17_375),
        ((512, 256), 135, 115, 17_375),
        ((256, 256), 136, 116, 17_119),
    ],
)
def test_roys_lengths_and_weights(pair, after, last, weights):
    model = build(replace(VARIANTS["roy"], length=pair[0], stride=pair[1]), (34_950, 1))
    assert lengths(model, "Conv1D")[0] == after
    assert lengths(model, "MaxPooling1D")[-1] == last
    assert count(model) == weights


def test_roys_improved_network():
    model = build(VARIANTS["roy_improved"], (34_950, 1))
    assert lengths(model, "Conv1D") == [136, 129, 119, 109]
    assert lengths(model, "MaxPooling1D") == [126, 116, 106]
    assert count(model) == 2_845_470
    kinds = [type(layer).__name__ for layer in model.layers]
    last = len(kinds) - kinds[::-1].index("Conv1D") - 1
    assert kinds[last:] == [
        *(
            "Conv1D",
            "BatchNormalization",
            "ReLU",
            "Dropout",
            "MaxPooling1D",
            "GlobalAveragePooling1D",
        ),
        *("Dense", "ReLU", "Dense"),
    ]


def test_chandrasekars_variants_have_their_layers_where_the_paper_has_them():
    network = replace(VARIANTS["chandrasekar"], batch_norm=True, dense_dropout=0.5)
    model = build(network, (35_175, 1))
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    block = ["Conv1D", "BatchNormalization", "ReLU"]
    assert kinds == [
        *block,
        *block,
        "MaxPooling1D",
        *block,
        "MaxPooling1D",
        "Flatten",
        "Dense",
        "ReLU",
        "Dropout",
        "Dense",
    ]
    assert lengths(model, "Conv1D") == [137, 137, 34]
    assert count(model) == 55_422 + 3 * 2 * 32


def kinds(model):
    return [type(layer).__name__ for layer in model.layers[1:]]


@pytest.mark.parametrize(
    ("places", "after", "more"),
    [
        ({"norm_input": True}, {0: "BatchNormalization"}, 2),
        ({"norm_dense": True}, {10: "BatchNormalization"}, 200),
        ({"batch_norm": True}, dict.fromkeys((1, 4, 8), "BatchNormalization"), 192),
        ({"each_dropout": 0.1}, {2: "Dropout", 5: "Dropout"}, 0),
        ({"conv_dropout": 0.1}, {7: "Dropout"}, 0),
        ({"feature_dropout": 0.1}, {9: "Dropout"}, 0),
        ({"dense_dropout": 0.1}, {11: "Dropout"}, 0),
    ],
)
def test_batch_normalization_and_dropout_stand_where_they_are_named(places, after, more):
    plain = [
        *("Conv1D", "ReLU", "Conv1D", "ReLU", "MaxPooling1D", "Conv1D", "ReLU", "MaxPooling1D"),
        *("Flatten", "Dense", "ReLU", "Dense"),
    ]
    assert kinds(build(VARIANTS["chandrasekar"], (35_175, 1))) == plain
    model = build(replace(VARIANTS["chandrasekar"], **places), (35_175, 1))
    for place, kind in after.items():
        plain.insert(place, kind)
    assert kinds(model) == plain
    assert count(model) == 55_422 + more
    rates = {layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)}
    assert rates <= {0.1}


@pytest.mark.parametrize(
    ("filters", "weights"),
    [  # one more block of 512, and twice the width
        ("128,128,512,512,512", 2_845_470 + 8 * 512 * 512 + 512 + 2 * 512),
        (
            "256,256,1024,1024",
            (256 * 256 + 256 + 8 * 256 * 256 + 256 + 8 * 256 * 1024 + 1024 + 8 * 1024 * 1024 + 1024)
            + (2 * (256 + 256 + 1024 + 1024) + 1024 * 100 + 100 + 100 * 50 + 50),
        ),
    ],
)
def test_deeper_and_wider_than_roys_improved_network(filters, weights):
    improved = load("magnatagatune_p3:improved").experiment
    changed = override(improved, f"model.network.filters={filters}")
    model = build(changed.model.network, (34_950, 1))
    assert count(model) == weights
    assert lengths(model, "Conv1D")[:4] == [136, 129, 119, 109]


def test_residual_blocks_end_in_one_step_and_the_head_sees_the_last_three():
    model = build(ResidualCNN(), (59_049, 1))
    assert lengths(model, "MaxPooling1D") == [3**power for power in range(8, -1, -1)]
    assert [layer.output.shape[1] for layer in model.layers if layer.name[:6] == "concat"] == [
        256 + 256 + 512
    ]
    excited = [layer for layer in model.layers if isinstance(layer, keras.layers.Multiply)]
    assert [layer.output.shape[1:] for layer in excited][-1] == (3, 512)
    squeeze = 32 * (2 * 128**2 + 6 * 256**2 + 512**2) + 17 * (2 * 128 + 6 * 256 + 512)
    assert count(model) == 26_980_146
    without = build(ResidualCNN(expansion=0), (59_049, 1))
    assert count(without) == 26_980_146 - squeeze
    last = build(ResidualCNN(levels=1), (59_049, 1))
    head = 1024**2 + 3 * 1024 + 1024 * 50 - 512**2 - 3 * 512 - 512 * 50
    assert count(last) == 26_980_146 - head


def made(model, kind):
    """The weights of the layers of a kind, in the order in which the layers were made."""
    found = [layer for layer in model.layers if isinstance(layer, kind)]
    found.sort(key=lambda layer: int(layer.name.rpartition("_")[2] or 0))
    return iter([[np.array(weight, np.float64) for weight in layer.weights] for layer in found])


def test_a_residual_block_is_what_the_paper_draws():
    keras.utils.set_random_seed(0)
    network = ResidualCNN(filters=(4, 6), pool=2, expansion=2, levels=2)
    for _ in range(2):  # so that every name ends in a number
        inputs = keras.Input((24, 1))
        model = keras.Model(inputs, network.features(inputs))
    sound = np.random.default_rng(0).normal(size=(2, 24, 1)).astype(np.float32)
    convs, denses = made(model, keras.layers.Conv1D), made(model, keras.layers.Dense)

    def convolved(x):
        """A convolution between zeros, and batch normalization as it is before training."""
        kernel, bias = next(convs)
        padded = np.pad(x, ((0, 0), (len(kernel) // 2,) * 2, (0, 0)))
        parts = [padded[:, n : n + x.shape[1]] @ part for n, part in enumerate(kernel)]
        return (sum(parts) + bias) / np.sqrt(1 + 1e-5)

    def dense(x):
        kernel, bias = next(denses)
        return x @ kernel + bias

    def relu(x):
        return np.maximum(x, 0)

    kernel, bias = next(convs)  # its stride is its size
    hidden = relu((sound.reshape(2, 12, 2) @ kernel[:, 0] + bias) / np.sqrt(1 + 1e-5))
    levels = []
    for filters in (4, 6):
        shortcut = hidden if filters == 4 else convolved(hidden)
        inner = convolved(relu(convolved(hidden)))
        excitation = expit(dense(relu(dense(inner.mean(axis=1)))))
        hidden = relu(shortcut + inner * excitation[:, None])
        hidden = hidden.reshape(2, -1, 2, filters).max(axis=2)
        levels.append(hidden.max(axis=1))
    np.testing.assert_allclose(model(sound), np.concatenate(levels, axis=1), atol=1e-5)


def test_sample_cnn_ends_in_one_step():
    model = build(LEE, (59_049, 1))
    assert lengths(model, "MaxPooling1D") == [3**power for power in range(8, -1, -1)]
    convolutions = 512 + 2 * 49_280 + 98_560 + 5 * 196_864 + 393_728 + 262_656
    assert count(model) == convolutions + 2 * (3 * 128 + 6 * 256 + 2 * 512) + 512 * 50 + 50


def test_the_crnns_recurrence_runs_over_fifteen_steps_of_time():
    model = build(CRNN(), (1366, 96))
    assert [layer.input.shape for layer in model.layers if isinstance(layer, keras.layers.GRU)] == [
        (None, 15, 128)
    ] * 2
    convolutions = sum(
        9 * first * second + 3 * second
        for first, second in ((1, 64), (64, 128), (128, 128), (128, 128))
    )
    gru = 3 * 128 * (128 + 128 + 2)
    assert count(model) == convolutions + 2 * gru + 1920 * 50 + 50


def test_a_clips_scores_in_the_crnn_do_not_depend_on_its_neighbours():
    model = build(CRNN(), (1366, 96), labels=3)
    clips = np.random.default_rng(0).normal(size=(2, 1366, 96)).astype(np.float32)
    np.testing.assert_allclose(model(clips)[1], model(clips[1:])[0], atol=1e-5)


def test_l2_equals_weight_decay():
    model = build(replace(SMALL, l2=0.1), (400, 1), labels=3)
    kernels = [weight for weight in model.trainable_weights if weight.name == "kernel"]
    assert len(kernels) == 4
    assert float(sum(model.losses)) == pytest.approx(
        0.05 * sum(float(np.square(kernel).sum()) for kernel in kernels), rel=1e-5
    )
    assert not build(SMALL, (400, 1)).losses


def test_initial_weights_are_he_normal_or_those_of_pytorch():
    he = build(VARIANTS["chandrasekar"], (34_950, 1)).layers[1].kernel
    assert np.std(he) == pytest.approx(math.sqrt(2 / 256), rel=0.05)
    torch = build(VARIANTS["roy_improved"], (34_950, 1)).layers[1]
    assert 0.98 / 16 < np.abs(torch.kernel).max() <= 1 / 16
    assert 0.8 / 16 < np.abs(torch.bias).max() <= 1 / 16


@pytest.mark.parametrize(
    ("network", "average"),
    [
        *((replace(SMALL, filters=(16, 16)), each) for each in ("features", "logits", "scores")),
        (ResidualCNN(filters=(16, 16), pool=4, levels=2, block_dropout=0.0, dropout=0.0), "scores"),
    ],
)
def test_can_memorize_eight_clips(network, average):
    keras.utils.set_random_seed(0)
    model = build(Windowed(network, average), (None, 400, 1), labels=4)
    draw = np.random.default_rng(0)
    clips, targets = (
        draw.normal(size=(8, 3, 400, 1)).astype(np.float32),
        draw.integers(2, size=(8, 4)),
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    losses = [model.train_on_batch(clips, targets) for _ in range(60)]
    assert min(losses[-5:]) < 0.3 * losses[0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filters": (32,)}, "two convolutions"),
        ({"pool": 0}, "at least 1"),
        ({"conv_dropout": 1.0}, r"conv_dropout 1.0: expected a rate in \[0, 1\)"),
        ({"l2": -1.0}, "l2 -1.0"),
    ],
)
def test_invalid_fields_are_refused(fields, message):
    with pytest.raises(UserError, match=message):
        StridedCNN(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filters": ()}, "one block or more"),
        ({"levels": 10}, "1 to 9 levels"),
        ({"dropout": 1.0}, r"in \[0, 1\)"),
    ],
)
def test_invalid_fields_of_residual_blocks_are_refused(fields, message):
    with pytest.raises(UserError, match=message):
        ResidualCNN(**fields)
