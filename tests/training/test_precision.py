"""Networks in bfloat16 train, stay finite, keep float32 weights, and become float32 again."""

import keras
import numpy as np
import pytest

from kerasaudio.experiment import Examples
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training.assemble import assemble
from kerasaudio.training.checkpoint import load_model, save_model
from kerasaudio.training.precision import computing_in, in_float32
from kerasaudio.training.precompute import load_splits

NAMES = [
    "gtzan_mlp",
    "audioset_speech:lstm",
    "audioset_speech:transformer",
    "gtzan_cnn1d:gap",
    "magnatagatune_p2:raw_256_256",
]


def built(name):
    """The network and hard inputs: silence, full scale, and noise between."""
    experiment = override(load(name).experiment, "fit.precision=mixed_bfloat16")
    if name.startswith("gtzan_cnn1d"):
        experiment = override(experiment, "data.window_samples=16000")
    data = experiment.data
    shape = tuple(size or 32_000 for size in data.shape)
    random = np.random.default_rng(0)
    inputs = np.zeros((4, *shape), np.float32)
    inputs[1], inputs[2:] = 1, random.uniform(-1, 1, (2, *shape))
    targets = random.integers(0, 2, (4, len(data.labels)) if "tag" in name else 4)
    examples = Examples(("a", "b", "c", "d"), targets.astype(np.int32), ArrayInputs(inputs))
    return assemble(experiment, examples), inputs, targets


class ArrayInputs:
    def __init__(self, array):
        self.array = array

    def batches(self, numbers, targets, batch_size):
        import tensorflow as tf

        return tf.data.Dataset.from_tensors((self.array, targets))


@pytest.mark.parametrize("name", NAMES)
def test_a_network_trains_in_bfloat16_and_is_told_in_float32(name, tmp_path):
    model, inputs, targets = built(name)
    assert any(layer.compute_dtype == "bfloat16" for layer in model.layers)
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
    assert np.isfinite(model.train_on_batch(inputs, targets)[0])
    probabilities = model.predict_on_batch(inputs)
    assert probabilities.dtype == np.float32 and np.isfinite(probabilities).all()
    save_model(model, tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(inputs), probabilities)
    exact = in_float32(loaded)
    assert {layer.compute_dtype for layer in exact.layers} == {"float32"}
    np.testing.assert_allclose(exact.predict_on_batch(inputs), probabilities, atol=0.05)


def test_the_policy_is_that_of_before_afterwards():
    with pytest.raises(ValueError), computing_in("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise ValueError
    assert keras.layers.Dense(1).compute_dtype == "float32"


def test_a_model_in_float32_stays_as_it_is(standin_root):
    experiment = load("gtzan_mlp").experiment
    model = assemble(experiment, load_splits(experiment, standin_root).train)
    assert in_float32(model) is model
