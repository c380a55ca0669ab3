"""What an exported model of embeddings says about clips in AudioSet's record files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kerasaudio.data.records.embedding_folder import CHUNK
from kerasaudio.data.records.embeddings import BANDS, FRAMES, Clips, decode
from kerasaudio.data.records.records import RecordFault, describe, in_chunks
from kerasaudio.errors import UserError
from kerasaudio.serving.model_facts import ModelFacts, ModelInputs
from kerasaudio.serving.saved_model import load

SUFFIX = ".tfrecord"
FEW = 20  # labels of which each can have a column of its own
TOP = 5  # classes that are listed for a clip where there are more labels


def takes_embeddings(inputs: ModelInputs) -> bool:
    """Returns whether a model takes AudioSet's embeddings."""
    return tuple(inputs.shape[1:]) == (FRAMES, BANDS)


def predict_embeddings(
    folder: Path, facts: ModelFacts, paths: Sequence[Path], top: int | None = None
) -> pd.DataFrame:
    """Returns a model's predictions for the clips of record files.

    Clips of fewer than ten frames are followed by frames of 0.

    Args:
        folder: Folder of the exported model.
        facts: What is known about the model.
        paths: Files with ".tfrecord" in their names, and folders of such files.
        top: Number of classes to list for a clip. `None` gives the probability of each label
            where there are at most 20, and otherwise 5 classes.

    Returns:
        A row for each clip, in the order of the files. The columns are `id`, the probability of
        the label that the model is for, if there is one, and `class_1`, `probability_1` and so on;
        without `top`, and with few labels, `id`, `prediction`, `probability` and each label.

    Raises:
        UserError: If a source has no good record.
    """
    if top is None and len(facts.labels) > FEW:
        top = TOP
    model = load(folder)
    found = []
    for path in paths:
        for clips in _clips(path):
            assert isinstance(clips.frames, np.ndarray)
            probabilities = model(clips.frames)
            found.append(
                _columns(clips.ids, probabilities, facts.labels)
                if top is None
                else _top_columns(clips.ids, probabilities, facts, min(top, len(facts.labels)))
            )
    return pd.concat(found, ignore_index=True)


def _clips(path: Path) -> Iterator[Clips]:
    """Some thousand clips at a time. What cannot be read is passed over, with a line on stderr."""
    faults: list[RecordFault] = []
    count = 0
    for records, odd in in_chunks(_files(path), CHUNK):
        clips = decode(records)
        faults += (*odd, *clips.faults)
        count += len(clips)
        if len(clips):
            yield clips
    if not count:
        reason = f": {describe(faults)}" if faults else ""
        raise UserError(f"{path} has no good record of AudioSet's features{reason}.")
    if faults:
        print(f"passed over {describe(faults)}", file=sys.stderr)


def _files(path: Path) -> list[str]:
    if path.is_dir():
        inside = sorted(each for each in path.rglob(f"*{SUFFIX}*") if each.is_file())
        if not inside:
            raise UserError(f"{path} has no *{SUFFIX} files: expected AudioSet's features.")
        return [str(each) for each in inside]
    if SUFFIX not in path.name:
        raise UserError(
            f"{path} is no {SUFFIX} file: the model takes AudioSet's features; expected "
            f"{SUFFIX} files or folders of them."
        )
    return [str(path)]


def _columns(ids: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ids,
            "prediction": np.array(labels)[probabilities.argmax(axis=1)],
            "probability": probabilities.max(axis=1),
            **dict(zip(labels, probabilities.T, strict=True)),
        }
    )


def _top_columns(
    ids: np.ndarray, probabilities: np.ndarray, facts: ModelFacts, top: int
) -> pd.DataFrame:
    columns = {"id": ids}
    if facts.target:
        columns[facts.target] = probabilities[:, facts.labels.index(facts.target)]
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    for place, numbers in enumerate(order.T, 1):
        columns[f"class_{place}"] = np.array(facts.labels)[numbers]
        columns[f"probability_{place}"] = probabilities[np.arange(len(ids)), numbers]
    return pd.DataFrame(columns)
