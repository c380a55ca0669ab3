"""A run's model as a SavedModel, which needs TensorFlow alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.export import ExportArchive

from kerasaudio.errors import UserError
from kerasaudio.serving.windows import over_clip, over_windows

FILE = "saved_model.pb"

Shape = tuple[int | None, ...]
Infer = Callable[[np.ndarray], np.ndarray]
"""From a batch of inputs to probabilities."""


def write(model: keras.Model, folder: Path, shape: Shape) -> None:
    """Writes a SavedModel.

    Its signature `serving_default` takes `inputs` and returns `scores`: probabilities of shape
    `(batch, labels)`. A model of sound takes inputs of shape `(batch, samples)` with any number
    of samples, and has a second signature `windows`, whose `scores` are the probabilities of each
    window, of shape `(batch, windows, labels)`.

    Args:
        model: The live model.
        folder: Folder that gets the SavedModel.
        shape: Shape of a batch of inputs; `(None, None)` is sound.
    """
    sound = shape == (None, None)
    signature = [tf.TensorSpec(shape, tf.float32, name="inputs")]
    archive = ExportArchive()
    archive.track(model)
    if sound:
        archive.add_endpoint(
            "windows", lambda inputs: {"scores": over_windows(model, inputs)}, signature
        )
        archive.add_endpoint(
            "serving_default", lambda inputs: {"scores": over_clip(model, inputs)}, signature
        )
    else:
        archive.add_endpoint(
            "serving_default", lambda inputs: {"scores": model(inputs, training=False)}, signature
        )
    archive.write_out(folder, verbose=False)


def load(folder: Path, signature: str = "serving_default") -> Infer:
    """Returns a function from a batch of inputs to the exported model's probabilities.

    Args:
        folder: Folder of an exported model.
        signature: "serving_default", or "windows" for the probabilities of each window.

    Raises:
        UserError: If the folder is damaged.
    """
    try:
        model = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(
            f"{folder} could not be read as a SavedModel ({reason}): export again."
        ) from error

    def infer(inputs: np.ndarray) -> np.ndarray:
        # The model owns the signatures' variables: this function keeps it alive.
        found = model.signatures[signature](tf.cast(inputs, tf.float32))
        return found["scores"].numpy()

    return infer
