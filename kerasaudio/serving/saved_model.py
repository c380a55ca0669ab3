"""A run's model as a SavedModel, which needs TensorFlow alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.export import ExportArchive

from kerasaudio.errors import UserError
from kerasaudio.serving.model_facts import FILE as FACTS
from kerasaudio.serving.model_facts import ModelInputs, read_facts
from kerasaudio.serving.windows import over_clip, over_windows

FILE = "saved_model.pb"

Infer = Callable[[np.ndarray], np.ndarray]
"""From a batch of inputs to probabilities."""


def write(model: keras.Model, folder: Path, inputs: ModelInputs) -> None:
    """Writes a SavedModel.

    Its signature `serving_default` takes `inputs` and returns `scores`: probabilities of shape
    `(batch, labels)`. A model of sound takes inputs of shape `(batch, samples)` with any number
    of samples, and has a second signature `windows`, whose `scores` are the probabilities of each
    window, of shape `(batch, windows, labels)`.

    Args:
        model: The live model.
        folder: Folder that gets the SavedModel.
        inputs: The inputs that it takes; those of shape `(None, None)` are sound.
    """
    signature = [tf.TensorSpec(inputs.shape, tf.float32, name="inputs")]
    archive = ExportArchive()
    archive.track(model)
    functions = {"serving_default": partial(model, training=False)}
    if inputs.shape == (None, None):
        functions = {
            "windows": partial(over_windows, model, repeats_short=inputs.repeats_short),
            "serving_default": partial(over_clip, model, repeats_short=inputs.repeats_short),
        }
    for name, function in functions.items():
        archive.add_endpoint(name, _scores_of(function), signature)
    archive.write_out(folder, verbose=False)


def _scores_of(function: Callable[[tf.Tensor], tf.Tensor]) -> Callable[..., dict[str, tf.Tensor]]:
    return lambda inputs: {"scores": function(inputs)}


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
        _check(model.signatures[signature], folder)
    except (OSError, ValueError, LookupError, tf.errors.OpError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(
            f"{folder} could not be read as a SavedModel ({reason}): export again."
        ) from error

    def infer(inputs: np.ndarray) -> np.ndarray:
        # The model owns the signatures' variables: this function keeps it alive.
        found = model.signatures[signature](tf.cast(inputs, tf.float32))
        return found["scores"].numpy()

    return infer


def _check(function: Any, folder: Path) -> None:
    """ValueError if a signature takes or gives something else than model.json says."""
    if not (folder / FACTS).is_file():
        return  # it is written once the model is exported and checked
    facts = read_facts(folder)
    taken = tuple(function.structured_input_signature[1]["inputs"].shape)
    given = function.structured_outputs["scores"].shape[-1]
    if taken != facts.inputs.shape or given not in (None, len(facts.labels)):
        raise ValueError(f"{FACTS} describes another model")


def model_hash(folder: Path) -> str:
    """Returns a hash of the graph and the weights of an exported model."""
    found = hashlib.sha256()
    for path in sorted([folder / FILE, *folder.glob("variables/*")]):
        found.update(path.read_bytes())
    return found.hexdigest()
