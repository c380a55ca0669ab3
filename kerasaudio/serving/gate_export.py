"""Writes a gate as one step: a LiteRT file, a SavedModel and its weights, with its settings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from kerasaudio.data.files import write_json
from kerasaudio.errors import UserError
from kerasaudio.experiment import Frames
from kerasaudio.runs.folder import Run
from kerasaudio.scoring.gate_envelope import GateSettings
from kerasaudio.serving.gate_numpy import parts_of
from kerasaudio.serving.gate_step import step_function
from kerasaudio.serving.gate_stream import FACTS, FOLDER, LITERT, WEIGHTS
from kerasaudio.serving.gate_timing import buffer_times
from kerasaudio.serving.native_output import native_output_discarded
from kerasaudio.serving.replaced import replaced
from kerasaudio.training.checkpoint import load_model

CHOSEN = ("threshold", "hysteresis", "attack", "hold", "release")  # on validation mixtures
SAVED_MODEL = "saved_model"


def export_gate(run: Run, file: str | None = None) -> Path:
    """Writes a run's gate to RUN/gate and returns that folder.

    Args:
        run: A finished run.
        file: The run's own experiment file, where it defines classes.

    Raises:
        UserError: If the run is no gate, or the folder cannot be written.
    """
    data = run.experiment(file).data
    if not isinstance(data.task, Frames):
        raise UserError(
            f"{run.path} is no gate: expected a run of an experiment such as gate:voice."
        )
    model: keras.Model = load_model(run.best_model)
    function, shapes = step_function(model)
    layers, weights = parts_of(model)
    scores = run.read("scores.json")
    chosen = scores["gates"]["chosen"]
    # earlier scores lack attack and release, which were the default ones
    timing = {name: chosen["learned"][name] for name in CHOSEN if name in chosen["learned"]}
    facts = {
        "name": run.name,
        "label": data.labels[0],
        "rate": data.rate,
        "hop": model.layers[1].values.hop,
        "delay": data.task.delay,
        "states": [list(shape) for shape in shapes],
        "layers": layers,
        "settings": asdict(GateSettings(**timing)),
        "chosen": {name: chosen[name] for name in ("on", "at_most_lost")} | chosen["learned"],
        "provenance": scores["provenance"],
    }
    target = run.path / FOLDER
    with replaced(target) as folder, native_output_discarded():
        _write_step(function, folder)
        np.savez(folder / WEIGHTS, **weights)
        write_json(folder / FACTS, facts)
        timed = {"buffer_times_on_the_exporting_machine": buffer_times(folder)}
        write_json(folder / FACTS, facts | timed)
    return target


def _write_step(function: tf.types.experimental.ConcreteFunction, folder: Path) -> None:
    """Writes the step as a SavedModel and for LiteRT, with all weights as constants."""
    constant = convert_variables_to_constants_v2(function, lower_control_flow=False)
    names = [each.name.partition(":")[0] for each in constant.inputs]
    results = sorted(function.structured_outputs)

    @tf.function(
        input_signature=[
            tf.TensorSpec(each.shape, tf.float32, name=name)
            for each, name in zip(constant.inputs, names, strict=True)
        ],
        autograph=False,
    )
    def step(*given: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(results, constant(*given), strict=True))

    holder = tf.Module()
    holder.step = step
    signature = holder.step.get_concrete_function()
    tf.saved_model.save(holder, str(folder / SAVED_MODEL), {"serving_default": signature})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / SAVED_MODEL))
    (folder / LITERT).write_bytes(converter.convert())
