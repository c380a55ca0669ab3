"""A run's model as one file for LiteRT, which runs on phones and small computers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.errors import UserError
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.serving.native_output import native_output_discarded
from kerasaudio.serving.portable import NotConvertible, frozen, needed
from kerasaudio.serving.saved_model import Infer

FILE = "model.tflite"
RUNTIME = ("ai_edge_litert.interpreter", "pip install 'kerasaudio[litert]'")


def write(model: keras.Model, folder: Path, inputs: ModelInputs) -> None:
    """Writes model.tflite, with LiteRT's own operations alone.

    Args:
        model: The live model.
        folder: Folder that gets the file.
        inputs: The inputs that it takes; the sizes of their shape are fixed.

    Raises:
        UserError: If LiteRT is missing, or lacks an operation of the model.
    """
    needed(*RUNTIME)  # before the work: what cannot be checked is not written
    constant = frozen(model, inputs.shape, _is_power_of_two)
    holder = tf.Module()
    holder.function = tf.function(lambda inputs: {"scores": constant(inputs)[0]})
    signature = holder.function.get_concrete_function(constant.inputs[0])
    try:
        with native_output_discarded():
            converter = tf.lite.TFLiteConverter.from_concrete_functions([signature], holder)
            (folder / FILE).write_bytes(converter.convert())
    except Exception as error:  # the converter's own errors are of many kinds
        raise NotConvertible(f"LiteRT cannot run this network: {_reason(error)}.") from error


def _is_power_of_two(length: int) -> bool:
    return length & (length - 1) == 0


def _reason(error: Exception) -> str:
    lacking = re.search(r"TF Select ops: (.+)", str(error)) or re.search(
        r"'tf\.(\w+)' op", str(error)
    )
    if lacking:
        return f"it lacks these operations: {lacking[1].strip()}"
    return str(error).strip().partition("\n")[0].rstrip(".")


def load(folder: Path) -> Infer:
    """Returns a function from a batch of inputs to the model's probabilities.

    The model gets one example after the other.

    Args:
        folder: Folder of the exported model.

    Raises:
        UserError: If LiteRT is missing, or cannot run the file.
    """
    interpreter = _interpreter(folder / FILE)
    scores = interpreter.get_signature_runner()

    def infer(inputs: np.ndarray) -> np.ndarray:
        examples = np.asarray(inputs, np.float32)
        return np.concatenate([scores(inputs=each[None])["scores"] for each in examples])

    return infer


def _interpreter(path: Path) -> Any:
    """It is asked once with silence: LiteRT refuses some operations only then."""
    try:
        with native_output_discarded():
            interpreter = needed(*RUNTIME).Interpreter(model_path=str(path))
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(f"LiteRT cannot run {path.name}: {reason}") from error
    return interpreter
