"""The sound of some test windows, and what the network saw of it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.experiment import Examples, Experiment, Inputs
from kerasaudio.reports.heard import Heard
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import trainable_part
from kerasaudio.training.saliency import saliency

LONGEST = 10  # seconds of a window that a page plays


def heard(
    model: keras.Model, experiment: Experiment, examples: Examples, ids: Sequence[str]
) -> dict[str, Heard]:
    """Returns the sound of some examples, by their ids; nothing where examples are no sound.

    Args:
        model: The whole model.
        experiment: The experiment.
        examples: The split that the examples are in.
        ids: Names of the examples.
    """
    data = experiment.data
    if data.rate is None or data.seconds is None or data.seconds > LONGEST or not ids:
        return {}
    places = {name: row for row, name in enumerate(examples.ids)}
    rows = np.array([places[name] for name in ids])
    inputs = _read(examples.inputs, examples, rows)
    sound = inputs if examples.sound is None else _read(examples.sound, examples, rows)
    looked = saliency(trainable_part(model, examples), inputs)
    each = zip(ids, sound, inputs, looked, strict=True)
    return {
        name: Heard(flac(samples, data.rate), data.seconds, seen, where)
        for name, samples, seen, where in each
    }


def _read(inputs: Inputs, examples: Examples, rows: np.ndarray) -> np.ndarray:
    numbers = tf.data.Dataset.from_tensor_slices(rows.astype(np.int64))
    with pipeline.reading():
        found = inputs.batches(numbers, examples.targets, len(rows)).as_numpy_iterator()
        return np.concatenate([batch for batch, _ in found])


def flac(samples: np.ndarray, rate: int) -> bytes:
    """Returns samples as a FLAC file of 16 bits."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
