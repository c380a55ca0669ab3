"""The networks on embeddings: published sizes, worked out by hand, and what each layer does."""

import itertools
import math

import keras
import numpy as np
import pytest

from kerasaudio.errors import UserError
from kerasaudio.models.embedding_attention import EmbeddingAttention
from kerasaudio.models.embedding_conv1d import EmbeddingConv1D
from kerasaudio.models.embedding_conv2d import EmbeddingConv2D
from kerasaudio.models.embedding_linear import EmbeddingLinear
from kerasaudio.models.embedding_lstm import EmbeddingLSTM
from kerasaudio.models.embedding_transformer import EmbeddingTransformer
from kerasaudio.models.ensemble import Ensemble, OneInTraining
from kerasaudio.models.shuffled_frames import ShuffledFrames, ShuffleInTraining

CLIP = (10, 128)
COUNTS = [
    (EmbeddingLinear(16), 20_530),
    (EmbeddingLinear(32), 41_058),
    (EmbeddingLinear(64), 82_114),
    (EmbeddingLinear(128), 164_226),
    (EmbeddingConv1D(2), 81_922),
    (EmbeddingConv1D(3), 173_506),
    (EmbeddingConv1D(4), 173_506),
    (EmbeddingConv1D(5), 42_946),
    (EmbeddingConv1D(6), 131_394),
    (EmbeddingConv1D(7), 131_394),
    (EmbeddingConv1D(8), 131_394),
    (EmbeddingConv2D(), 1_113_182),
    (EmbeddingLSTM(), 149_762),  # PyTorch's second set of biases would make it 150,530
    (EmbeddingTransformer(), 5_276_290 + 74_304),
    (EmbeddingTransformer(freeze_qkv=True), 5_276_290),
]


def network(architecture, labels=2):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(CLIP)
    return keras.Model(inputs, architecture(inputs, labels))


def clips(n=4, seed=0):
    return np.random.default_rng(seed).integers(1, 256, size=(n, *CLIP)).astype(np.float32)


@pytest.mark.parametrize("architecture, count", COUNTS, ids=lambda value: str(value))
def test_weights_to_train_are_as_many_as_published(architecture, count):
    assert (
        sum(math.prod(weight.shape) for weight in network(architecture).trainable_weights) == count
    )


def test_two_active_layers_are_an_affine_map():
    model, x = network(EmbeddingConv1D(2)), clips(3)
    zero = model(np.zeros((1, *CLIP), np.float32))
    np.testing.assert_allclose(
        model(x[:1] + x[1:2]), model(x[:1]) + model(x[1:2]) - zero, rtol=1e-3, atol=1e-2
    )


def test_initial_weights_are_those_of_pytorch():
    model = network(EmbeddingLinear(128))
    kernel, bias = (np.array(weight) for weight in model.layers[2].weights)
    bound = 1 / math.sqrt(1280)
    assert np.abs(kernel).max() == pytest.approx(bound, rel=0.01)
    assert kernel.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert 0.5 * bound < np.abs(bias).max() <= bound


def test_the_lstm_uses_its_output_at_the_last_second_and_not_at_the_end_frame():
    model, x = network(EmbeddingLSTM()), clips()
    changed = x.copy()
    changed[:, -1] = 1
    assert np.abs(np.array(model(x)) - np.array(model(changed))).max() > 1e-6
    joined = next(layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    tokens = np.array(keras.Model(model.inputs, joined.output)(x))
    assert tokens.shape == (4, 12, 128)
    assert (tokens[:, 0] == -1).all() and (tokens[:, -1] == -2).all()
    np.testing.assert_array_equal(tokens[:, 1:-1], x)


def test_the_lstm_without_tokens_takes_the_same_weights():
    with_tokens, without = network(EmbeddingLSTM()), network(EmbeddingLSTM(tokens="none"))
    without.set_weights(with_tokens.get_weights())
    x = clips()
    ninth = x.copy()
    ninth[:, -1] = 1  # the paper's evaluation stops at the ninth second
    np.testing.assert_allclose(without(x), without(ninth), atol=1e-6)


@pytest.mark.parametrize("architecture", [EmbeddingLSTM(), EmbeddingAttention()])
def test_padding_does_not_matter_where_frames_are_weighed(architecture):
    model, x = network(architecture), clips()
    x[:, 6:] = 0
    if isinstance(architecture, EmbeddingAttention):
        shorter = keras.Input((6, 128))
        again = keras.Model(shorter, architecture(shorter, 2))
        again.set_weights(model.get_weights())
        np.testing.assert_allclose(model(x), again(x[:, :6]), atol=1e-5)
    else:
        for frames, last in ((6, 6), (9, 9), (10, 10), (0, 0)):
            x = clips()
            x[:, frames:] = 0
            np.testing.assert_allclose(model(x), unmasked(model, x, last), atol=1e-6)


def unmasked(model, x, last):
    """The logits from the output of NumPy's steps at step `last`, without any mask."""
    weights = [layer.get_weights() for layer in model.layers if layer.weights]
    hidden = np.pad(x, ((0, 0), (1, 0), (0, 0)), constant_values=-1)[:, : last + 1]
    for kernel, recurrent, bias in weights[:3]:
        state = memory = np.zeros((len(x), len(recurrent)))
        steps = []
        for step in hidden.transpose(1, 0, 2):
            gates = np.split(step @ kernel + state @ recurrent + bias, 4, axis=1)
            into, forget, out = (1 / (1 + np.exp(-gates[n])) for n in (0, 1, 3))
            memory = forget * memory + into * np.tanh(gates[2])
            state = out * np.tanh(memory)
            steps.append(state)
        hidden = np.stack(steps, axis=1)
    (kernel, bias), (last_kernel, last_bias) = weights[3:]
    return np.maximum(hidden[:, -1] @ kernel + bias, 0) @ last_kernel + last_bias


@pytest.mark.parametrize("tokens", ["start_and_end", "none"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_masks_are_those_that_cudnn_takes(tokens, cell, monkeypatch):
    """cuDNN needs a first step that counts, and after the first that does not, no more of them."""
    seen = []
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    run = kind.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        seen.append(mask)
        return run(self, sequences, initial_state=initial_state, mask=mask, training=training)

    model, x = network(EmbeddingLSTM(layers=2, tokens=tokens, cell=cell)), clips()
    for clip, frames in zip(x, (0, 1, 6, 10), strict=True):
        clip[frames:] = 0
    x[3, 4] = 0  # a silent second
    monkeypatch.setattr(kind, "call", call)
    model(x)
    assert len(seen) == 2
    for mask in map(np.array, seen):
        assert mask[:, 0].all()
        assert (np.diff(mask.astype(int), axis=1) <= 0).all()


def test_each_example_trains_one_network_and_the_mean_of_all_is_used_afterwards(tmp_path):
    each = np.random.default_rng(0).normal(size=(3000, 3, 4)).astype(np.float32)
    layer = OneInTraining()
    np.testing.assert_allclose(layer(each), each.mean(axis=1), atol=1e-6)
    drawn = (np.array(layer(each, training=True))[:, None] == each).all(axis=2)
    assert (drawn.sum(axis=1) == 1).all()
    assert np.abs(drawn.mean(axis=0) - 1 / 3).max() < 0.03
    model = network(Ensemble(EmbeddingAttention(frame_units=(8,), clip_units=8), size=2))
    one, two = np.array(keras.Model(model.inputs, model.layers[-1].input)(clips())).transpose(
        1, 0, 2
    )
    np.testing.assert_allclose(model(clips()), (one + two) / 2, atol=1e-6)
    assert np.abs(one - two).max() > 0.01
    model.save(tmp_path / "two.keras")
    np.testing.assert_allclose(
        keras.saving.load_model(tmp_path / "two.keras")(clips()), model(clips()), atol=1e-6
    )


def test_frames_are_shuffled_in_training_and_keep_their_order_afterwards(tmp_path):
    frames = np.broadcast_to(np.arange(3, dtype=np.float32)[:, None] * [1, 10], (6000, 3, 2))
    layer = ShuffleInTraining()
    np.testing.assert_array_equal(layer(frames), frames)
    shuffled = np.array(layer(frames, training=True))
    np.testing.assert_array_equal(shuffled[..., 1], 10 * shuffled[..., 0])
    orders, counts = np.unique(shuffled[..., 0], axis=0, return_counts=True)
    assert sorted(map(tuple, orders.tolist())) == list(itertools.permutations(range(3)))
    assert np.abs(counts - 1000).max() < 4 * math.sqrt(6000 * 1 / 6 * 5 / 6)
    model = network(ShuffledFrames(EmbeddingConv1D(active=3)))
    inside = keras.Model(model.layers[1].output, model.output)
    np.testing.assert_allclose(model(clips()), inside(clips()), atol=1e-6)
    model.save(tmp_path / "shuffled.keras")
    np.testing.assert_allclose(
        keras.saving.load_model(tmp_path / "shuffled.keras")(clips()), model(clips()), atol=1e-6
    )


def test_attention_of_the_transformer_equals_the_textbook_formula():
    model, x = network(EmbeddingTransformer()), clips(2) / 255
    query, key, value = (
        np.array(model.get_layer(name)(x)).reshape(2, 10, 2, 96)
        for name in ("query", "key", "value")
    )
    expected = np.empty((2, 10, 2, 96))
    for clip in range(2):
        for head in range(2):
            each = query[clip, :, head] @ key[clip, :, head].T / math.sqrt(96)
            each = np.exp(each - each.max(1, keepdims=True))
            expected[clip, :, head] = each / each.sum(1, keepdims=True) @ value[clip, :, head]
    projection = next(
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.Dense) and layer.units == 128
    )
    attended = np.array(keras.Model(model.inputs, projection.input)(x))
    np.testing.assert_allclose(attended, expected.reshape(2, 10, 192), atol=1e-4)


@pytest.mark.parametrize(
    "build",
    [
        lambda: EmbeddingLinear(0),
        lambda: EmbeddingConv1D(1),
        lambda: EmbeddingConv1D(dropout=1.0),
        lambda: EmbeddingConv2D(channels=0),
        lambda: EmbeddingLSTM(layers=0),
        lambda: EmbeddingTransformer(heads=0),
        lambda: EmbeddingAttention(dropout=1.5),
        lambda: Ensemble(size=0),
    ],
)
def test_impossible_sizes_are_one_line(build):
    with pytest.raises(UserError, match="model."):
        build()
