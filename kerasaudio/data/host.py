"""Tensors that tf.data reads from: in the machine's own memory, and not in a GPU's."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def on_host(array: np.ndarray) -> tf.Tensor:
    """Returns an array as a tensor in the machine's memory.

    TensorFlow would put it into a GPU's memory, and copy it back for every dataset. Within a
    function of tf.data, it would copy it into the function's graph.

    Args:
        array: Any array, or what NumPy makes one of.
    """
    with tf.init_scope(), tf.device("CPU"):
        return tf.constant(array)
