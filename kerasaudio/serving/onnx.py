"""A run's model as one ONNX file, which ONNX Runtime and many others run."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasaudio.errors import UserError
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.serving.native_output import native_output_discarded
from kerasaudio.serving.portable import NotConvertible, frozen, needed
from kerasaudio.serving.saved_model import Infer

FILE = "model.onnx"
INSTALL = "pip install 'kerasaudio[onnx]', which takes Python below 3.13"
OPSET = 17  # of the year 2022: old enough for most runtimes


def write(model: keras.Model, folder: Path, inputs: ModelInputs) -> None:
    """Writes model.onnx.

    Args:
        model: The live model.
        folder: Folder that gets the file.
        inputs: The inputs that it takes; `None` in their shape stands for any size.

    Raises:
        UserError: If a package is missing, or if ONNX lacks an operation of the model.
    """
    converter, checker = needed("tf2onnx", INSTALL), needed("onnx.checker", INSTALL)
    needed("onnxruntime", INSTALL)  # before the work: what cannot be checked is not written
    function = frozen(model, inputs.shape, lambda length: False)
    taken, given = function.inputs[0].name, function.outputs[0].name
    try:
        with _quiet():
            found, _ = converter.convert.from_graph_def(
                function.graph.as_graph_def(),
                input_names=[taken],
                output_names=[given],
                opset=OPSET,
                custom_op_handlers={"Log1p": (_log1p, [])},
                tensors_to_rename={taken: "inputs", given: "scores"},
            )
        checker.check_model(found)
    except Exception as error:  # the converter's own errors are of many kinds
        raise NotConvertible(f"ONNX cannot hold this network: {_reason(error)}.") from error
    (folder / FILE).write_bytes(found.SerializeToString())


def _log1p(graph: Any, node: Any, name: str, arguments: list[Any]) -> None:
    """ONNX has no log(1 + x) as one operation, and its converter does not take it apart."""
    one = graph.make_const(f"{name}_one", np.array(1, np.float32))
    graph.insert_new_node_on_input(node, "Add", [node.input[0], one.output[0]])
    node.type = "Log"


def _reason(error: Exception) -> str:
    lacking = re.search(r"No Op registered for (\w+)", str(error))
    if lacking:
        return f"it lacks these operations: {lacking[1]}"
    return str(error).strip().partition("\n")[0].rstrip(".")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences the converter: what it could not convert, the checker names."""
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with native_output_discarded():
            yield
    finally:
        logger.setLevel(level)


def load(folder: Path) -> Infer:
    """Returns a function from a batch of inputs to the model's probabilities.

    Args:
        folder: Folder of the exported model.

    Raises:
        UserError: If ONNX Runtime is missing, or cannot run the file.
    """
    runtime = needed("onnxruntime", INSTALL)
    try:
        session = runtime.InferenceSession(folder / FILE, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own errors have no common class
        reason = str(error).strip().partition("\n")[0]
        raise UserError(f"ONNX Runtime cannot run {FILE}: {reason}") from error

    def infer(inputs: np.ndarray) -> np.ndarray:
        scores: np.ndarray = session.run(["scores"], {"inputs": np.asarray(inputs, np.float32)})[0]
        return scores

    return infer
