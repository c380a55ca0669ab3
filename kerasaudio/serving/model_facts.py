"""What is known about an exported model: the file model.json in its folder."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from kerasaudio.data.files import write_json
from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.experiment import DataSet
from kerasaudio.serving.windows import averages_windows, window_samples

FILE = "model.json"
STANDIN = "STAND-IN  the model was trained on synthetic data: it knows nothing of real sound"

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class ModelInputs:
    """The inputs that an exported model takes.

    Args:
        shape: Shape of a batch; `None` stands for any size.
        rate: Sampling rate in Hz, or `None` where the model takes no sound.
        window: Samples in a window, or `None` where the model takes no sound.
        averages_windows: Whether the model averages its windows itself.
        columns: Names of the features where an input is a row of a table, otherwise `None`.
        repeats_short: Whether sound shorter than a window is repeated, as in training; otherwise
            silence follows it.
    """

    shape: Shape
    rate: int | None = None
    window: int | None = None
    averages_windows: bool = False
    columns: tuple[str, ...] | None = None
    repeats_short: bool = False


@dataclass(frozen=True)
class ModelFacts:
    """What is known about an exported model.

    Args:
        name: Name of the experiment that it was trained in.
        inputs: The inputs that it takes.
        labels: Labels in the order of its outputs.
        largest_difference: Largest difference to the live model's probabilities on test examples.
        provenance: Where the scores of its run come from, as in scores.json.
        target: Label that the model was also scored on alone, or `None`.
        format: "saved_model", "litert" or "onnx".
        file: Name of the model's file in the folder.
        compared: Number of test examples that the difference was measured on, or `None` where an
            earlier version did not write it.
        thresholds: Probability from which on a label is the answer, for labels that have one.
        background: Label of sound that is none of the others and so no event, or `None`.
    """

    name: str
    inputs: ModelInputs
    labels: tuple[str, ...]
    largest_difference: float
    provenance: dict[str, Any]
    target: str | None = None
    format: str = "saved_model"
    file: str = "saved_model.pb"
    compared: int | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    background: str | None = None

    def warn_of_standin(self) -> None:
        """Prints a line on stderr if the model was trained on synthetic data."""
        if self.provenance["synthetic"]:
            print(STANDIN, file=sys.stderr)


def model_inputs(data: DataSet, model: keras.Model) -> ModelInputs:
    """Returns the inputs that the exported form of a model takes.

    Args:
        data: The data set that the model was trained on.
        model: The live model.
    """
    if data.rate is None:
        return ModelInputs((None, *data.shape), columns=data.columns)
    return ModelInputs(
        (None, None),
        data.rate,
        window_samples(model),
        averages_windows(model),
        data.columns,
        data.repeats_short,
    )


def write_facts(folder: Path, facts: ModelFacts) -> None:
    """Writes model.json.

    Args:
        folder: Folder of the exported model.
        facts: What to write.

    Raises:
        UserError: If the file cannot be written.
    """
    write_json(folder / FILE, asdict(facts))


def read_facts(folder: Path) -> ModelFacts:
    """Returns what model.json says.

    Args:
        folder: Folder of an exported model.

    Raises:
        UserError: If the file is missing or damaged.
    """
    try:
        return _facts(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except DAMAGED as error:
        raise UserError(f"{folder / FILE} is missing or damaged: export the run again.") from error


def _facts(found: dict[str, Any]) -> ModelFacts:
    """Files of earlier versions say "stamp" for "provenance" and may lack some fields."""
    inputs = found["inputs"]
    columns = inputs.get("columns")
    later = ("target", "format", "file", "compared", "thresholds", "background")
    facts = ModelFacts(
        found["name"],
        ModelInputs(
            tuple(inputs["shape"]),
            inputs.get("rate"),
            inputs.get("window"),
            inputs.get("averages_windows", False),
            tuple(columns) if columns else None,
            inputs.get("repeats_short", False),
        ),
        tuple(found["labels"]),
        found["largest_difference"],
        found["provenance"] if "provenance" in found else found["stamp"],
        **{name: found[name] for name in later if name in found},
    )
    _check(facts)
    return facts


def _check(facts: ModelFacts) -> None:
    """TypeError for facts that no export has written."""
    inputs = facts.inputs
    sizes = [inputs.rate, inputs.window, *inputs.shape]
    names = [facts.name, *facts.labels, *(inputs.columns or ())]
    right = all(isinstance(name, str) for name in names) and len(set(facts.labels)) > 1
    right &= all(size is None or (type(size) is int and size > 0) for size in sizes)
    right &= (inputs.rate is None) == (inputs.window is None)
    of_table = inputs.rate is None and inputs.columns is not None
    right &= not of_table or inputs.shape[1:] == (len(inputs.columns or ()),)
    right &= isinstance(facts.provenance["synthetic"], bool)
    right &= isinstance(inputs.repeats_short, bool)
    right &= set(facts.thresholds) <= set(facts.labels)
    right &= all(isinstance(value, float) for value in facts.thresholds.values())
    right &= facts.background is None or facts.background in facts.labels
    if not right:
        raise TypeError("model.json holds what no export writes")
