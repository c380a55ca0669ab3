"""Predictions for recordings, rows of tables and AudioSet records, with a run's exported model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kerasaudio.data import recordings
from kerasaudio.data.gtzan_features import FEATURES
from kerasaudio.data.table import finite_numbers, read_csv
from kerasaudio.errors import UserError
from kerasaudio.serving.embeddings import predict_embeddings, takes_embeddings
from kerasaudio.serving.export import exported_folder
from kerasaudio.serving.model_facts import ModelFacts, read_facts
from kerasaudio.serving.saved_model import Infer, load
from kerasaudio.serving.sound import Timeline, draw, timelines
from kerasaudio.serving.sources import Source, find_sources, is_sound


def predict(
    path: str | Path,
    sources: str | Path | Sequence[str | Path],
    windows: bool = False,
    timeline: str | Path | None = None,
    file: str | None = None,
    data: str | Path | None = None,
    top: int | None = None,
) -> pd.DataFrame:
    """Returns a model's predictions for recordings, for the rows of tables or for records.

    A model of features gets a long recording in pieces of 30 s, whose probabilities are averaged.
    A model of sound gets it in windows of the length that the model was trained on.

    Args:
        path: Folder of a run, or of an exported model. A run is exported first where it was not
            yet.
        sources: Recordings, folders of recordings, and CSV tables with the columns that the model
            was trained on; for a model of AudioSet's embeddings, .tfrecord files and folders of
            them; one or several.
        windows: Whether a model of sound gives a row for each window.
        timeline: Folder that gets a picture of each recording's probabilities over time, for
            models of sound.
        file: The run's own experiment file, where it defines classes.
        data: Data root for the export, where the data was moved.
        top: Number of classes to list for a clip, for models of embeddings. `None` lists 5 where
            there are more than 20 labels, and otherwise gives each label's probability.

    Returns:
        A row for each recording, window or row of a table, with the columns `filename` (a row's
        number where its table has no such column), `start` in seconds (of windows only),
        `prediction`, `probability` and one for the probability of each label. For records see
        `predict_embeddings`.

    Raises:
        UserError: If the model or a source cannot be used.
    """
    paths = [Path(each) for each in ([sources] if isinstance(sources, str | Path) else sources)]
    if not paths:
        raise UserError("There is nothing to predict: expected a recording, a folder or a table.")
    folder = exported_folder(Path(path), file, Path(data) if data else None)
    facts = read_facts(folder)
    _check(folder, facts, bool(windows or timeline), top)
    if facts.inputs.window is not None:
        found = _of_sound(folder, facts, paths, windows, Path(timeline) if timeline else None)
    elif takes_embeddings(facts.inputs):
        found = predict_embeddings(folder, facts, paths, top)
    else:
        found = _of_features(folder, facts, paths)
    facts.warn_of_standin()
    return found


def _check(folder: Path, facts: ModelFacts, over_time: bool, top: int | None) -> None:
    inputs = facts.inputs
    kind = "embeddings" if takes_embeddings(inputs) else "tables"
    if over_time and inputs.window is None:
        raise UserError(
            f"{folder} is a model of {kind}: windows and timelines are for models of sound."
        )
    if top is not None and (inputs.window is not None or kind == "tables"):
        raise UserError(f"{folder} gives each label's probability: top is for embeddings.")


def _of_sound(
    folder: Path,
    facts: ModelFacts,
    paths: Sequence[Path],
    windows: bool,
    pictures: Path | None,
) -> pd.DataFrame:
    found = []
    for timeline in timelines(folder, facts.inputs, find_sources(paths)):
        found.append(_timeline_rows(timeline, facts.labels, windows))
        if pictures:
            picture = draw(timeline, facts.labels, pictures)
            print(f"timeline  {picture}", file=sys.stderr)
    return pd.concat(found, ignore_index=True)


def _timeline_rows(timeline: Timeline, labels: Sequence[str], windows: bool) -> pd.DataFrame:
    if not windows:
        return _rows([timeline.name], timeline.whole[None], labels)
    found = _rows([timeline.name] * len(timeline.windows), timeline.windows, labels)
    found.insert(1, "start", timeline.starts())
    return found


def _of_features(folder: Path, facts: ModelFacts, paths: Sequence[Path]) -> pd.DataFrame:
    columns = facts.inputs.columns
    if columns is None:
        raise UserError(
            f"{folder} takes inputs of shape {facts.inputs.shape}: expected a model of sound or of "
            "tables of features."
        )
    model = load(folder)
    sounding = {each.path: each for each in find_sources(list(filter(is_sound, paths)))}
    found = []
    for path in paths:
        named = (
            _of_recordings(model, sounding[path], columns)
            if path in sounding
            else _of_table(model, path, columns)
        )
        found.append(_rows(*named, facts.labels))
    return pd.concat(found, ignore_index=True)


def _of_recordings(
    model: Infer, source: Source, columns: Sequence[str]
) -> tuple[Sequence[str | int], np.ndarray]:
    """The names of the recordings, and the mean probabilities of each one's pieces."""
    if tuple(columns) != FEATURES:
        raise UserError(
            f"The model takes {len(columns)} columns of its own table, not GTZAN's "
            f"{len(FEATURES)}: give it a CSV table."
        )
    names: list[str] = []
    pieces = []
    for name, rows in source.read(lambda recording: recordings.rows(recording, 30)):
        names += [name] * len(rows)
        # A row has its own name and length before the features, and its label behind them.
        pieces += [row[2:-1] for row in rows]
    probabilities = model(np.array(pieces, np.float32))
    means = pd.DataFrame(probabilities).groupby(np.array(names), sort=False).mean()
    return list(means.index), means.to_numpy()


def _of_table(
    model: Infer, path: Path, columns: Sequence[str]
) -> tuple[Sequence[str | int], np.ndarray]:
    """The names of the rows, and their probabilities."""
    rows = read_csv(path)
    names = list(rows["filename"]) if "filename" in rows else range(1, len(rows) + 1)
    features = finite_numbers(path, rows, columns).to_numpy(np.float32)
    return names, model(features)


def _rows(
    names: Sequence[str | int], probabilities: np.ndarray, labels: Sequence[str]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "filename": names,
            "prediction": np.array(labels)[probabilities.argmax(axis=1)],
            "probability": probabilities.max(axis=1),
            **{label: probabilities[:, number] for number, label in enumerate(labels)},
        }
    )
