"""Exports a run's model in one of three formats, and compares it with the live model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import Binary, Examples, Experiment, Frames, Splits
from kerasaudio.runs.folder import Run, open_run
from kerasaudio.scoring.tasks import target_of
from kerasaudio.serving import litert, onnx, saved_model
from kerasaudio.serving.model_facts import FILE as FACTS
from kerasaudio.serving.model_facts import (
    ModelFacts,
    ModelInputs,
    model_inputs,
    read_facts,
    write_facts,
)
from kerasaudio.serving.portable import NotConvertible
from kerasaudio.serving.replaced import replaced, temporary
from kerasaudio.serving.saved_model import Infer
from kerasaudio.training import pipeline
from kerasaudio.training.checkpoint import load_model
from kerasaudio.training.precision import in_float32

BATCH_SIZE = 512
COMPARED = 64  # test examples for models that get them one by one
FEW = 8  # of them at a time: they can be whole clips


@dataclass(frozen=True)
class Format:
    """A kind of model file.

    Args:
        file: Name of the file in the exported folder.
        write: Function that writes a model for such inputs into a folder.
        load: Function that returns the model of a folder.
        batch: Batch size that a model is written for; `None` is any.
        any_length: Whether a model of sound takes any number of samples.
        examples: Number of test examples that it is compared on, at most; `None` is all.
        tolerance: Largest difference to the live model's probabilities.
    """

    file: str
    write: Callable[[keras.Model, Path, ModelInputs], None]
    load: Callable[[Path], Infer]
    batch: int | None = None
    any_length: bool = False
    examples: int | None = COMPARED
    tolerance: float = 1e-4


FORMATS = {
    "saved_model": Format(
        saved_model.FILE,
        saved_model.write,
        saved_model.load,
        any_length=True,
        examples=None,
        tolerance=1e-5,
    ),
    # LiteRT gives wrong numbers, without a word, for a batch that the file was not written for.
    "litert": Format(litert.FILE, litert.write, litert.load, batch=1),
    "onnx": Format(onnx.FILE, onnx.write, onnx.load),
}


@dataclass(frozen=True)
class Exported:
    """An exported model.

    Args:
        folder: Folder of the exported model.
        difference: Largest difference to the live model's probabilities.
        compared: Number of test examples that both were asked about.
    """

    folder: Path
    difference: float
    compared: int


def export(
    run: Run,
    file: str | None = None,
    data: Path | None = None,
    format: str = "saved_model",
    out: Path | None = None,
) -> Exported:
    """Writes a run's model to RUN/FORMAT and checks it against the live model.

    The folder is written as a whole or not at all, and replaces an earlier one. It holds the
    model, labels.txt (one label a line, in the order of the outputs) and model.json.

    Args:
        run: The run.
        file: The run's own experiment file, where it defines classes.
        data: Data root, where the data was moved.
        format: "saved_model", "litert" or "onnx".
        out: Folder that gets FORMAT instead of the run's.

    Raises:
        UserError: If the run is a gate, the model is damaged or cannot be converted, a package is
            missing, the data is gone, the folder cannot be written or the exported model answers
            differently from the live one.
    """
    kind = FORMATS[format]
    experiment = run.experiment(file)
    if isinstance(experiment.data.task, Frames):
        raise UserError(
            f"{run.path} is a gate: python -m kerasaudio.gate uses it, and exports it to "
            f"{run.path / 'gate'}."
        )
    splits = _tested_on(run, experiment, data)
    model = in_float32(load_model(run.best_model))
    inputs = _inputs(kind, experiment, model)
    target = (out or run.path) / format
    with replaced(target) as folder:
        try:
            kind.write(model, folder, inputs)
        except NotConvertible as error:
            raise NotConvertible(f"{run.path}: {error} Export it as saved_model.") from error
        batches = _batches(splits.test, kind.examples)
        difference = largest_difference(model, kind.load(folder), batches)
        if not difference <= kind.tolerance:
            raise UserError(
                f"The exported model differs from {run.best_model} by {difference:.2g}: "
                f"expected at most {kind.tolerance:g}. Nothing was written."
            )
        compared = min(kind.examples or len(splits.test), len(splits.test))
        found = Exported(target, difference, compared)
        _describe(folder, run, experiment, inputs, found)
    return found


def _tested_on(run: Run, experiment: Experiment, data: Path | None) -> Splits:
    """The run's splits; what is exported is compared on its test examples."""
    try:
        return run.load_splits(experiment, data or run.data_root())
    except UserError as error:
        raise UserError(
            f"An exported model is compared with {run.path} on its test examples, and these could "
            f"not be read: {error}"
        ) from error


def export_run(
    path: Path, file: str | None = None, data: Path | None = None, format: str = "saved_model"
) -> Exported:
    """Exports the run in a folder, and warns on stderr if it was trained on a stand-in.

    Args:
        path: The run's folder.
        file: The run's own experiment file, where it defines classes.
        data: Data root, where the data was moved.
        format: "saved_model", "litert" or "onnx".

    Raises:
        UserError: If there is no such run, or the export fails.
    """
    exported = export(open_run(path), file, data, format)
    read_facts(exported.folder).warn_of_standin()
    return exported


def exported_folder(path: Path, file: str | None = None, data: Path | None = None) -> Path:
    """Returns the folder of a SavedModel; a run is exported first where it was not yet.

    A run that cannot be written to is exported for this process alone.

    Args:
        path: Folder of a SavedModel, or of a run.
        file: The run's own experiment file, where it defines classes.
        data: Data root, where the data was moved.

    Raises:
        UserError: If the folder is neither of the two, or if the export fails.
    """
    if (path / saved_model.FILE).is_file():
        return path
    if (path / FACTS).is_file():
        raise UserError(f"{path} is no SavedModel: expected a run's folder, or its saved_model.")
    run = open_run(path)
    folder = path / "saved_model"
    if folder.is_dir():
        return folder
    return export(run, file, data, out=None if os.access(path, os.W_OK) else temporary()).folder


def largest_difference(
    model: keras.Model, exported: Infer, batches: Iterable[tuple[tf.Tensor, tf.Tensor]]
) -> float:
    """Returns the largest difference between the probabilities of the live and the exported model.

    Args:
        model: The live model.
        exported: The exported model.
        batches: Batches of inputs and targets.
    """
    with pipeline.reading():
        each = [
            np.abs(model(inputs, training=False) - exported(inputs)).max() for inputs, _ in batches
        ]
    return float(np.max(each))


def _describe(
    folder: Path, run: Run, experiment: Experiment, inputs: ModelInputs, found: Exported
) -> None:
    """Writes labels.txt and model.json."""
    data, format = experiment.data, found.folder.name
    write_text(folder / "labels.txt", "\n".join(data.labels) + "\n")
    facts = ModelFacts(
        name=run.name,
        inputs=inputs,
        labels=data.labels,
        largest_difference=found.difference,
        provenance=run.read("scores.json")["provenance"],
        target=target_of(data.task),
        format=format,
        file=FORMATS[format].file,
        compared=found.compared,
        thresholds=_thresholds(run, experiment),
        background=data.background_label,
    )
    write_facts(folder, facts)


def _inputs(kind: Format, experiment: Experiment, model: keras.Model) -> ModelInputs:
    inputs = model_inputs(experiment.data, model)
    if kind.any_length:
        return inputs
    return replace(inputs, shape=(kind.batch, *experiment.data.shape))


def _batches(examples: Examples, count: int | None) -> tf.data.Dataset:
    """Batches of all examples, or of so many that are spread evenly over them."""
    if count is None:
        return pipeline.batches(examples, BATCH_SIZE)
    numbers = np.linspace(0, len(examples) - 1, min(count, len(examples))).astype(np.int64)
    few = tf.data.Dataset.from_tensor_slices(numbers)
    return examples.inputs.batches(few, examples.targets, FEW)


def _thresholds(run: Run, experiment: Experiment) -> dict[str, float]:
    """Probability from which on a label is the answer, for labels that have one."""
    data, scores = experiment.data, run.scores
    yes = data.labels[1] if data.task == Binary() else target_of(data.task)
    of_yes = {yes: scores.threshold.value} if yes and scores.threshold else {}
    if data.task == Binary():
        return of_yes
    return {label: row["value"] for label, row in (scores.thresholds or {}).items()} | of_yes
