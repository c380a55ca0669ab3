"""A run's model as a SavedModel, which needs TensorFlow alone."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.export import ExportArchive

from kerasaudio.data.files import PARTIAL, write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment
from kerasaudio.runs.folder import Run, open_run
from kerasaudio.scoring.tasks import target_of
from kerasaudio.serving.model_facts import ModelFacts, model_inputs, read_facts, write_facts
from kerasaudio.serving.windows import over_clip, over_windows
from kerasaudio.training import pipeline
from kerasaudio.training.checkpoint import load_model

FOLDER = "saved_model"
TOLERANCE = 1e-5
BATCH_SIZE = 512

Infer = Callable[[np.ndarray], np.ndarray]
"""From a batch of inputs to probabilities."""


@dataclass(frozen=True)
class Exported:
    """An exported model.

    Args:
        folder: Folder of the SavedModel.
        difference: Largest difference to the live model's probabilities on the test examples.
    """

    folder: Path
    difference: float


def export(run: Run, file: str | None = None, data: Path | None = None) -> Exported:
    """Writes a run's model to RUN/saved_model and checks it against the live model.

    The folder is written as a whole or not at all, and replaces an earlier one. It holds the
    SavedModel, labels.txt (one label a line, in the order of the outputs) and model.json.

    Args:
        run: The run.
        file: The run's own experiment file, where it defines classes.
        data: Data root, where the data was moved.

    Raises:
        UserError: If the model is damaged, the data is gone, the folder cannot be written or the
            exported model answers differently from the live one.
    """
    experiment = run.experiment(file)
    splits = run.load_splits(experiment, data or run.data_root())
    model = load_model(run.best_model)
    target = run.path / FOLDER
    with _replaced(target) as folder:
        write_saved_model(model, folder, sound=experiment.data.rate is not None)
        difference = largest_difference(model, folder, splits.test)
        if not difference <= TOLERANCE:
            raise UserError(
                f"The exported model differs from {run.best_model} by {difference:.2g}: "
                f"expected at most {TOLERANCE:g}. Nothing was written."
            )
        _describe(folder, run, experiment, model, difference)
    return Exported(target, difference)


def export_run(path: Path, file: str | None = None, data: Path | None = None) -> Exported:
    """Exports the run in a folder, and warns on stderr if it was trained on a stand-in.

    Args:
        path: The run's folder.
        file: The run's own experiment file, where it defines classes.
        data: Data root, where the data was moved.

    Raises:
        UserError: If there is no such run, or the export fails.
    """
    exported = export(open_run(path), file, data)
    read_facts(exported.folder).warn_of_standin()
    return exported


def exported_folder(path: Path, file: str | None = None, data: Path | None = None) -> Path:
    """Returns the folder of an exported model; a run is exported first where it was not yet.

    Args:
        path: Folder of an exported model, or of a run.
        file: The run's own experiment file, where it defines classes.
        data: Data root, where the data was moved.

    Raises:
        UserError: If the folder is neither of the two, or if the export fails.
    """
    if (path / "saved_model.pb").is_file():
        return path
    run = open_run(path)
    folder = path / FOLDER
    return folder if folder.is_dir() else export(run, file, data).folder


def write_saved_model(model: keras.Model, folder: Path, sound: bool) -> None:
    """Writes a SavedModel.

    Its signature `serving_default` takes `inputs` and returns `scores`: probabilities of shape
    `(batch, labels)`. A model of sound takes inputs of shape `(batch, samples)` with any number
    of samples, and has a second signature `windows`, whose `scores` are the probabilities of each
    window, of shape `(batch, windows, labels)`.

    Args:
        model: The live model.
        folder: Folder that gets the SavedModel.
        sound: Whether the model takes sound.
    """
    shape = (None, None) if sound else model.inputs[0].shape
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


def largest_difference(model: keras.Model, folder: Path, examples: Examples) -> float:
    """Returns the largest difference between the probabilities of the live and the exported model.

    Args:
        model: The live model.
        folder: Folder of the exported model.
        examples: The examples that both are asked about.
    """
    exported = load(folder)
    with pipeline.reading():
        each = [
            np.abs(model(inputs, training=False) - exported(inputs)).max()
            for inputs, _ in pipeline.batches(examples, BATCH_SIZE)
        ]
    return float(np.max(each))


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


def _describe(
    folder: Path, run: Run, experiment: Experiment, model: keras.Model, difference: float
) -> None:
    """Writes labels.txt and model.json."""
    data = experiment.data
    provenance = run.read("scores.json")["provenance"]
    inputs = model_inputs(data, model)
    write_text(folder / "labels.txt", "\n".join(data.labels) + "\n")
    target = target_of(data.task)
    facts = ModelFacts(run.name, inputs, data.labels, difference, provenance, target)
    write_facts(folder, facts)


@contextlib.contextmanager
def _replaced(target: Path) -> Iterator[Path]:
    """Yields a new folder of this process' own, which takes the place of `target` at the end.

    Nothing of it is left behind where the body fails.
    """
    try:
        with tempfile.TemporaryDirectory(
            prefix=PARTIAL, dir=target.parent, ignore_cleanup_errors=True
        ) as own:
            folder = Path(own) / target.name
            yield folder
            _put_in_place(folder, target, Path(own) / "earlier")
    except OSError as error:
        raise UserError(
            f"{target} could not be written: {error.strerror or error}. Make room, or give the "
            "run's folder write permission."
        ) from error


def _put_in_place(folder: Path, target: Path, earlier: Path) -> None:
    """A folder cannot be renamed onto a full one, which another export may put there meanwhile."""
    earlier.mkdir()
    while True:
        try:
            folder.rename(target)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        with contextlib.suppress(FileNotFoundError):
            target.rename(Path(tempfile.mkdtemp(dir=earlier)) / target.name)
