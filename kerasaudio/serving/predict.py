"""Predictions for recordings, rows of tables and AudioSet records, with a run's exported model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from kerasaudio.cluster.executor import HERE, Machines
from kerasaudio.data.features import recordings
from kerasaudio.data.features.gtzan_features import FEATURES
from kerasaudio.data.features.recordings import Recording
from kerasaudio.data.files import write_text
from kerasaudio.data.stores.stores import data_path
from kerasaudio.data.tables.csv_text import csv_text
from kerasaudio.data.tables.table import finite_numbers, read_csv
from kerasaudio.errors import UserError
from kerasaudio.serving.embeddings import predict_embeddings, takes_embeddings
from kerasaudio.serving.events import write_table
from kerasaudio.serving.export import exported_folder
from kerasaudio.serving.kept_answers import kept_journal
from kerasaudio.serving.listening import (
    Heard,
    PredictSettings,
    Question,
    about_sound,
    as_arrays,
    hear_all,
)
from kerasaudio.serving.model_facts import ModelFacts, read_facts
from kerasaudio.serving.saved_model import Infer, load
from kerasaudio.serving.sources import find_sources, is_sound

Hear = Callable[[Question, Sequence[Path]], list[list[tuple[str, Heard]]]]


def predict(
    path: str | Path,
    sources: str | Path | Sequence[str | Path],
    settings: PredictSettings | None = None,
    file: str | None = None,
    data: str | Path | None = None,
    out: Path | None = None,
    machines: Machines = HERE,
) -> pd.DataFrame:
    """Returns a model's predictions for recordings, for the rows of tables or for records.

    A model of features gets a long recording in pieces of 30 s, whose probabilities are averaged.
    A model of sound gets it in windows of the length that the model was trained on; the last one
    ends with the recording.

    Args:
        path: Folder of a run, or of an exported model. A run is exported first where it was not
            yet.
        sources: Recordings, folders of recordings, and CSV tables with the columns that the model
            was trained on; for a model of AudioSet's embeddings, .tfrecord files and folders of
            them; one or several.
        settings: What is asked; `None` asks for a row for each recording.
        file: The run's own experiment file, where it defines classes.
        data: Data root for the export, where the data was moved.
        out: File that gets the table. Interrupted, the same call goes on with the recordings that
            are not done; so it does with a folder of events.
        machines: The processes or machines that hear recordings; without any, this process.

    Returns:
        A row for each recording, window or row of a table, with the columns `filename` (a row's
        number where its table has no such column), `start` in seconds (of windows only),
        `prediction`, `probability` and one for the probability of each label. For records see
        `predict_embeddings`.

    Raises:
        UserError: If the model, a source or `machines` cannot be used.
    """
    paths = [Path(each) for each in ([sources] if isinstance(sources, str | Path) else sources)]
    if not paths:
        raise UserError("There is nothing to predict: expected a recording, a folder or a table.")
    settings = settings or PredictSettings()
    folder = exported_folder(Path(path), file, data_path(data) if data else None)
    facts = read_facts(folder)
    _check(folder, facts, settings)
    embeddings = takes_embeddings(facts.inputs)
    if machines and (embeddings or not any(map(is_sound, paths))):
        raise UserError("Other processes and machines hear recordings: there are none here.")
    with kept_journal(folder, settings, out) as journal:

        def hear(question: Question, paths: Sequence[Path]) -> list[list[tuple[str, Heard]]]:
            return hear_all(question, find_sources(paths), journal, machines)

        if facts.inputs.window is not None:
            found = _of_sound(folder, facts, paths, settings, hear)
        elif embeddings:
            found = predict_embeddings(folder, facts, paths, settings.top)
        else:
            found = _of_features(folder, facts, paths, hear)
        if out:
            write_text(out, csv_text(found))
    facts.warn_of_standin()
    return found


def _check(folder: Path, facts: ModelFacts, settings: PredictSettings) -> None:
    inputs = facts.inputs
    embeddings = takes_embeddings(inputs)
    kind = "embeddings" if embeddings else "tables"
    if settings.over_time and inputs.window is None:
        raise UserError(
            f"{folder} is a model of {kind}: windows, hops, timelines and events are for models "
            "of sound."
        )
    if settings.top is not None and not embeddings:
        raise UserError(f"{folder} gives each label's probability: top is for embeddings.")


def _of_sound(
    folder: Path,
    facts: ModelFacts,
    paths: Sequence[Path],
    settings: PredictSettings,
    hear: Hear,
) -> pd.DataFrame:
    heard = list(chain.from_iterable(hear(about_sound(folder, facts, settings), paths)))
    if settings.events:
        found = {name: each.events for name, each in heard}
        table = write_table(settings.events, found)
        print(f"events    {table}: {sum(map(len, found.values()))}", file=sys.stderr)
    names, probabilities, starts = as_arrays(heard)
    rows = _rows(names, probabilities, facts.labels)
    if settings.windows:
        rows.insert(1, "start", starts)
    return rows


def _of_features(
    folder: Path, facts: ModelFacts, paths: Sequence[Path], hear: Hear
) -> pd.DataFrame:
    columns = facts.inputs.columns
    if columns is None:
        raise UserError(
            f"{folder} takes inputs of shape {facts.inputs.shape}: expected a model of sound or of "
            "tables of features."
        )
    model = load(folder)
    sounding = list(filter(is_sound, paths))
    question = Question(folder, partial(_pieces, columns), partial(_mean_of_pieces, model))
    heard = dict(zip(sounding, hear(question, sounding), strict=True)) if sounding else {}
    found = []
    for path in paths:
        if path in heard:
            names, probabilities, _ = as_arrays(heard[path])
            found.append(_rows(names, probabilities, facts.labels))
        else:
            found.append(_rows(*_of_table(model, path, columns), facts.labels))
    return pd.concat(found, ignore_index=True)


def _pieces(columns: Sequence[str], recording: Recording) -> np.ndarray:
    """The features of a recording's pieces."""
    if tuple(columns) != FEATURES:
        raise UserError(
            f"The model takes {len(columns)} columns of its own table, not GTZAN's "
            f"{len(FEATURES)}: give it a CSV table."
        )
    # A row has its own name and length before the features, and its label behind them.
    pieces = [row[2:-1] for row in recordings.rows(recording, 30)]
    return np.array(pieces, np.float32)


def _mean_of_pieces(model: Infer, pieces: np.ndarray, say: Callable[[str], None]) -> Heard:
    return Heard([model(pieces).mean(axis=0).tolist()])


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
