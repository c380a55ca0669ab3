"""Export a run's model as a SavedModel that needs TensorFlow alone, and check it against the original.

    python -m kerasaudio.export runs/gtzan_mlp-001

RUN/saved_model then holds the network with its front end (signature `serving_default`: inputs -> scores; of
sound, samples of any length, and `windows` gives the scores of each window alone), labels.txt
(a label a line, in the order of the scores) and model.json (what goes in, what comes out, what was measured).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio import options
from kerasaudio.errors import UserError
from kerasaudio.evaluate import add_run

TOLERANCE = 1e-5


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("export", __doc__ or "")
    add_run(parser)
    chosen = parser.parse_args(arguments)
    options.import_keras()
    from kerasaudio.runs import runs

    run = runs.open_run(chosen.run)
    folder, difference = export(run, chosen.experiment, chosen.data)
    options.warn_of_standin(run.read("scores.json")["stamp"])
    print(f"exported  {folder}")
    print(f"checked   largest difference to the live model on the test examples: {difference:.2g}")
    return 0


def export(run: Any, file: str | None = None, data: Path | None = None) -> tuple[Path, float]:
    """Write RUN/saved_model, whole or not at all; its folder and largest difference to the live model.

    Raises UserError for a damaged model, for data that is gone, and where the two models disagree.
    """
    from kerasaudio.training import fitting

    experiment = run.experiment(file)
    splits = run.load_splits(experiment, data or run.data_root())
    model = fitting.load_model(run.best_model)
    partial = run.path / "partial-saved_model"
    shutil.rmtree(partial, ignore_errors=True)
    write_saved_model(model, partial, sound=experiment.data.rate is not None)
    difference = compare(model, partial, splits.test)
    if not difference <= TOLERANCE:
        shutil.rmtree(partial)
        raise UserError(
            f"The exported model differs from {run.best_model} by {difference:.2g}: not written."
        )
    describe(partial, run, experiment, model, difference)
    folder = run.path / "saved_model"
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder, difference


def write_saved_model(model: Any, folder: Path, sound: bool) -> None:
    """A SavedModel with one signature, (batch, *shape) `inputs` -> (batch, labels) `scores`.

    Of sound, the inputs are (batch, samples), however many, and there is a second signature `windows`, which gives
    (batch, windows, labels).
    """
    import tensorflow as tf
    from keras.export import ExportArchive

    from kerasaudio.training.assemble import over_clip, over_windows

    archive = ExportArchive()
    archive.track(model)
    if sound:
        signature = [tf.TensorSpec((None, None), tf.float32, name="inputs")]
        archive.add_endpoint(
            "windows", lambda inputs: {"scores": over_windows(model, inputs)}, signature
        )
        archive.add_endpoint(
            "serving_default", lambda inputs: {"scores": over_clip(model, inputs)}, signature
        )
    else:
        signature = [tf.TensorSpec(model.inputs[0].shape, tf.float32, name="inputs")]
        archive.add_endpoint(
            "serving_default", lambda inputs: {"scores": model(inputs, training=False)}, signature
        )
    archive.write_out(folder, verbose=False)


def compare(model: Any, folder: Path, examples: Any) -> float:
    """The largest difference between the scores of the live and the exported model."""
    import numpy as np

    from kerasaudio.training import pipeline

    exported = load(folder)
    with pipeline.reading():
        return max(
            float(np.abs(model(inputs, training=False) - exported(inputs)).max())
            for inputs, _ in pipeline.batches(examples, 512)
        )


def load(folder: Path, signature: str = "serving_default") -> Any:
    """The exported model: (batch, *shape) numbers -> (batch, labels) scores. Raises UserError if damaged."""
    import tensorflow as tf

    try:
        model = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(
            f"{folder} could not be read as a SavedModel ({reason}): export again."
        ) from error

    def scores(inputs: Any) -> Any:
        return model.signatures[signature](tf.cast(inputs, tf.float32))[
            "scores"
        ].numpy()  # keeps the model alive

    return scores


def describe(folder: Path, run: Any, experiment: Any, model: Any, difference: float) -> None:
    """labels.txt and model.json."""
    from kerasaudio.runs import runs
    from kerasaudio.training.assemble import averages_windows, window_samples

    data = experiment.data
    sound = data.rate is not None
    runs.write_text(folder / "labels.txt", "\n".join(data.labels) + "\n")
    facts = {
        "name": run.name,
        "inputs": {
            "shape": [None, None] if sound else [None, *data.shape],
            "rate": data.rate,
            "window": window_samples(model) if sound else None,
            "averages_windows": sound and averages_windows(model),
            "columns": getattr(data, "columns", None),
        },
        "labels": data.labels,
        "largest_difference": difference,
        "stamp": run.read("scores.json")["stamp"],
    }
    runs.write_json(folder / "model.json", facts)


if __name__ == "__main__":
    options.run(main)
