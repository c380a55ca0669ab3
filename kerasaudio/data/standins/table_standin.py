"""Synthetic tables of features in the real layouts; nothing here is derived from real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kerasaudio.data.features.gtzan_features import FEATURES
from kerasaudio.data.files import written
from kerasaudio.data.gtzan_clips import GENRES
from kerasaudio.data.standins.standin import SEED

CLIPS_PER_GENRE = 100
REPEATS = 10  # rows that equal an earlier row of their genre: the real table has such, too


def write_features(path: Path) -> None:
    """Writes a table like GTZAN's features_30_sec.csv.

    Ten overlapping classes in a latent space are mixed into 57 features.

    Args:
        path: The table.
    """
    random = np.random.default_rng(SEED)
    mixed = _overlapping(random, len(GENRES), CLIPS_PER_GENRE, len(FEATURES))
    genres = np.repeat(np.arange(len(GENRES)), CLIPS_PER_GENRE)
    for clip in random.choice(len(genres), size=REPEATS, replace=False):
        twin = clip // CLIPS_PER_GENRE * CLIPS_PER_GENRE
        mixed[clip] = mixed[twin]
    columns = {name: _scaled(name, values) for name, values in zip(FEATURES, mixed.T, strict=True)}
    table = pd.DataFrame(
        {
            "filename": [
                f"{GENRES[genre]}.{clip % CLIPS_PER_GENRE:05d}.wav"
                for clip, genre in enumerate(genres)
            ],
            "length": 661794,  # samples of most clips of 30 s
            **columns,
            "label": [GENRES[genre] for genre in genres],
        }
    )
    _write(table, path)


def write_own_table(path: Path, label_column: str, name_column: str | None) -> None:
    """Writes a table of three labels, 80 rows each, and twelve features.

    Args:
        path: The table.
        label_column: Name of the column of labels.
        name_column: Name of the column of the rows' names; `None` for none.
    """
    mixed = _overlapping(np.random.default_rng(SEED), 3, 80, 12)
    table = pd.DataFrame(
        {f"feature{number}": values for number, values in enumerate(mixed.T, start=1)}
    )
    if name_column:
        table.insert(0, name_column, [f"row{number:03d}" for number in range(len(table))])
    _write(table.assign(**{label_column: np.repeat(["bell", "drum", "voice"], 80)}), path)


def _overlapping(random: np.random.Generator, labels: int, each: int, features: int) -> np.ndarray:
    """(labels * each, features): overlapping classes in a latent space, mixed into features."""
    latent = 12
    centres = random.normal(size=(labels, latent))
    points = np.repeat(centres, each, axis=0) + 1.1 * random.normal(size=(labels * each, latent))
    mixed = points @ random.normal(size=(latent, features)) / np.sqrt(latent)
    return mixed + 0.5 * random.normal(size=mixed.shape)


def _scaled(name: str, values: np.ndarray) -> np.ndarray:
    """Stretches values to a range in which such a feature could lie; variances are positive."""
    if name == "tempo":
        return np.clip(120 + 20 * values, 40, 240)
    if name.endswith("_var"):
        return np.exp(3 + 0.8 * values)
    if name.startswith(("harmony", "perceptr")):
        return 1e-4 * values
    return 10 * values


def _write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\r\n")
