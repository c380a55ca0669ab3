"""Where a network looked: how much each of its inputs moves the answer."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter

SMOOTH = 1.5  # standard deviation, in frames and bands, or in samples


def saliency(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Returns the size of the gradient of the answer's log-probability, smoothed.

    Args:
        model: The part of a model that takes the inputs; its output are probabilities.
        inputs: Inputs of shape `(batch, ...)`.

    Returns:
        Array of the inputs' shape, from 0 to 1, where 1 is the largest of each example.

    Source: Simonyan et al. 2014, Deep inside convolutional networks (arXiv 1312.6034).
    """
    watched = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        highest = tf.reduce_max(model(watched, training=False), axis=-1)
        told = tf.math.log(tf.maximum(highest, np.finfo(np.float32).tiny))
    sizes = np.abs(tape.gradient(told, watched).numpy())
    smooth = np.stack([gaussian_filter(each, SMOOTH) for each in sizes])
    largest = smooth.max(axis=tuple(range(1, smooth.ndim)), keepdims=True)
    return smooth / np.maximum(largest, np.finfo(np.float32).tiny)
