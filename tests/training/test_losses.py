"""Losses beside Keras' own."""

import keras
import numpy as np
import pytest

from kerasaudio.experiment import CrossEntropy, Frames, OnsetsFirst
from kerasaudio.training.losses import OnsetWeightedCrossentropy, SecondSoftmaxCrossentropy
from kerasaudio.training.tasks import head


def test_a_second_softmax_is_what_keras_gives_for_probabilities_that_it_takes_for_logits():
    random = np.random.default_rng(0)
    logits = random.normal(size=(8, 5)).astype(np.float32) * 3
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = random.integers(0, 5, 8)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, probabilities)
    found = SecondSoftmaxCrossentropy()(labels, probabilities)
    np.testing.assert_allclose(float(found), float(expected), rtol=1e-6)
    # ten labels, all answers right and sure: the loss stays far from 0
    sure = SecondSoftmaxCrossentropy()(np.arange(10), np.eye(10, dtype=np.float32))
    np.testing.assert_allclose(float(sure), np.log(np.e + 9) - 1, rtol=1e-6)


def test_the_frames_in_which_a_label_begins_weigh_more():
    truth = np.array([[0, 1, 1, 1, 0, 1], [1, 0, 0, 0, 0, 0]])[..., None]
    given = np.linspace(0.1, 0.9, 12, dtype=np.float32).reshape(truth.shape)
    each = -np.log(np.where(truth, given, 1 - given))
    begins = np.array([[0, 1, 1, 0, 0, 1], [1, 0, 0, 0, 0, 0]])[..., None]  # the first two frames
    loss = head(Frames(0.005), ("voice",), OnsetsFirst(10, 4)).loss
    assert float(loss(truth, given)) == pytest.approx((each * (1 + 3 * begins)).mean(), rel=1e-5)
    longer = OnsetWeightedCrossentropy(frames=20, weight=4.0)(truth, given)
    assert float(longer) == pytest.approx((each * (1 + 3 * truth)).mean(), rel=1e-5)
    plain = head(Frames(0.005), ("voice",), CrossEntropy()).loss
    same = head(Frames(0.005), ("voice",), OnsetsFirst(weight=1)).loss
    assert float(same(truth, given)) == pytest.approx(float(plain(truth, given)), rel=1e-6)
