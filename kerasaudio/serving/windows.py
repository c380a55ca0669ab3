"""What a model of sound answers about sound of any length.

A model that averages windows itself is asked once for the whole sound, so that its answer is
averaged where the paper averages; another model is asked for each window, and the mean of its
probabilities is the answer.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from kerasaudio.frontends.windows import cut


def over_windows(model: keras.Model, samples: tf.Tensor, repeats_short: bool = False) -> tf.Tensor:
    """Returns the probabilities of each window on its own.

    Args:
        model: Model of sound.
        samples: Sound of shape `(batch, samples)`. An end that fills no window is left out.
        repeats_short: Whether sound that is shorter than a window is repeated. Otherwise silence
            follows it.

    Returns:
        Probabilities of shape `(batch, windows, labels)`.
    """
    length = window_samples(model)
    windows = cut(samples, length, repeats_short)
    each = model(keras.ops.reshape(windows, (-1, length)), training=False)
    return keras.ops.reshape(each, (-1, keras.ops.shape(windows)[1], model.output_shape[1]))


def over_clip(model: keras.Model, samples: tf.Tensor, repeats_short: bool = False) -> tf.Tensor:
    """Returns the probabilities of the whole clip.

    They are the mean over the windows, unless the model averages its windows itself.

    Args:
        model: Model of sound.
        samples: Sound of shape `(batch, samples)`.
        repeats_short: See `over_windows`.

    Returns:
        Probabilities of shape `(batch, labels)`.
    """
    if averages_windows(model):
        return model(samples, training=False)
    return keras.ops.mean(over_windows(model, samples, repeats_short), axis=1)


def averages_windows(model: keras.Model) -> bool:
    """Returns whether a model takes sound of any length, cuts it into windows and averages them."""
    return model.input_shape[1] is None


def window_samples(model: keras.Model) -> int:
    """Returns the number of samples in a window of a model of sound."""
    return model.get_layer("windows").samples if averages_windows(model) else model.input_shape[1]
