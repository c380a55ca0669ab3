"""Initial weights and dropout depend on the seed alone, whatever other threads draw."""

import random
import threading

import numpy as np
import pytest

from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training.assemble import assemble
from kerasaudio.training.precompute import load_splits
from kerasaudio.tuning.stacks import stackable
from kerasaudio.tuning.stacks.dense import dense_chain


@pytest.fixture(scope="module")
def experiment():
    return override(load("gtzan_mlp").experiment, "fit.seed=7")


@pytest.fixture(scope="module")
def splits(experiment, standin_root):
    return load_splits(experiment, standin_root)


@pytest.fixture
def drawing():
    """Another thread draws all the time."""
    stopped = threading.Event()

    def draw():
        while not stopped.is_set():
            random.random()

    thread = threading.Thread(target=draw)
    thread.start()
    yield
    stopped.set()
    thread.join()


@pytest.fixture(scope="module")
def model(experiment, splits):
    return assemble(experiment, splits.train)


def test_a_model_begins_with_the_same_weights(experiment, splits, model, drawing):
    for _ in range(3):
        disturbed = assemble(experiment, splits.train)
        for one, other in zip(model.get_weights(), disturbed.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_stacked_trial_begins_with_the_weights_of_the_trial_alone(experiment, model, drawing):
    kernels = [layer.get_weights() for layer in model.layers if "dense" in layer.name]
    alone = [weight for each in kernels for weight in each] + model.get_layer(
        "logits"
    ).get_weights()
    for _ in range(3):
        dense_chain.cache_clear()
        stacked = stackable.member(experiment)
        assert stacked is not None
        for one, other in zip(alone, stacked.weights, strict=True):
            np.testing.assert_array_equal(one, other)
