"""A model's output for examples."""

from __future__ import annotations

import keras
import numpy as np

from kerasaudio.experiment import Examples
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import trainable_part

BATCH = 512  # examples


def predict(model: keras.Model, examples: Examples) -> np.ndarray:
    """Returns the model's probabilities.

    Args:
        model: A whole model, as `assemble` returns it.
        examples: Examples, which may be precomputed.

    Returns:
        Array of shape `(examples, labels)`, in the order of the examples' ids.
    """
    with pipeline.reading():
        part = trainable_part(model, examples)
        return part.predict(pipeline.batches(examples, BATCH), verbose=0)
