"""Losses beside Keras' own."""

import keras
import numpy as np

from kerasaudio.training.losses import SecondSoftmaxCrossentropy


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
