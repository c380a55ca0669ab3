"""GTZAN: ten genres, 100 clips of 30 s each.

Source: Tzanetakis and Cook 2002; the feature table is the one published with the clips on Kaggle.
Files: gtzan/features_30_sec.csv, 1000 rows x 60 columns: filename, length, 57 features, label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd

from kerasaudio.data.gtzan_features import FEATURES
from kerasaudio.data.splits import Splits, draw, table_splits
from kerasaudio.data.table import read_table
from kerasaudio.errors import UserError
from kerasaudio.experiment import Task

GENRES = (
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)

# The fault-filtered split of Kereliuk, Sturm and Larsen 2015: no repeats, no distortions, artists kept apart.
# Clip numbers by genre; the 70 clips named nowhere are left out.
FILTERED = {
    "train": {
        "blues": "29-49 73-97",
        "classical": "30-33 43-48 50-67 80-99",
        "country": "19-26 28-29 65-99",
        "disco": "5 15-20 22-37 39-45 47 49 53-54 56-57 59 61 70 73-74 89",
        "hiphop": "2-25 28-29 31-38 41-42 55-61 77-80",
        "jazz": "0-1 11-24 41 47-72",
        "metal": "2-3 5 21 24 35 46-57 59-66 69 71-72 79-80 84 86 89-99",
        "pop": "2-9 11-12 16-20 23-29 31-36 38-42 44 46 49-50 80 97-99",
        "reggae": "0-2 4 6 9 11-12 14-32 42-45 49-51 54-60 63 69",
        "rock": "0-9 16-26 57-70 91-99",
    },
    "valid": {
        "blues": "0-11 50-60",
        "classical": "0-10 68-76",
        "country": "0-7 9-18 27 41-42 45 49",
        "disco": "0 2-4 6-14 46 48 52 67-68 72 75 90 95",
        "hiphop": "81-98",
        "jazz": "2-10 25-32",
        "metal": "0-1 6-11 16-20 36-37 68 76-77 81-82",
        "pop": "10 53 55 58-62 81 83-86",
        "reggae": "61-62 70 72 74 76-78 85 92-99",
        "rock": "38 49-56 71-85",
    },
    "test": {
        "blues": "12-28 61-72 98-99",
        "classical": "11-29 34-41 49 77-79",
        "country": "30-40 43-44 46-48 50-51 53-64",
        "disco": "1 21 58 62-66 69 76-88 91-94 96-97 99",
        "hiphop": "0 26-27 30 40 43-45 51-54 62-75 99",
        "jazz": "73-99",
        "metal": "12-15 22-23 25-33 38-39 67 70 73-75 78 83 85 87-88",
        "pop": "0-1 13-14 43 63-66 69-79 82 88-96",
        "reggae": "34-40 46-48 52-53 64-68 71 79 82-84 87-90",
        "rock": "10-15 27-37 39-48 86-90",
    },
}


def filtered_clips(split: str) -> list[str]:
    """Names of a split's clips in the fault-filtered protocol, without extension: ["blues.00029", ...]."""
    clips = []
    for genre, ranges in FILTERED[split].items():
        for first, _, last in (part.partition("-") for part in ranges.split()):
            clips += [
                f"{genre}.{number:05d}" for number in range(int(first), int(last or first) + 1)
            ]
    return clips


@dataclass(frozen=True)
class GtzanFeatures:
    """The 57-column feature table. `random_70_30` holds `validation` of its training rows out to select on."""

    split: Literal["random_70_30", "filtered"] = "random_70_30"
    seed: int = 0  # of random_70_30
    validation: float = 0.2  # share of the 70 %; the filtered split has its own
    duplicates: Literal["keep", "drop"] = "keep"  # rows whose features equal an earlier row's

    folder: ClassVar[str] = "gtzan"
    labels: ClassVar[tuple[str, ...]] = GENRES
    columns: ClassVar[tuple[str, ...]] = FEATURES
    task: ClassVar[Task] = "single_label"
    shape: ClassVar[tuple[int | None, ...]] = (len(FEATURES),)
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if not 0 < self.validation < 1:
            raise UserError(
                f"data.validation is {self.validation}: expected a share between 0 and 1."
            )

    @property
    def protocol(self) -> str:
        seed = f" seed {self.seed}" if self.split == "random_70_30" else ""
        return self.split + seed + (", duplicates dropped" if self.duplicates == "drop" else "")

    def table(self, root: Path) -> pd.DataFrame:
        """All rows. Raises UserError where the file is missing or not as published (see read_table)."""
        path = root / self.folder / "features_30_sec.csv"
        if not path.is_file():
            raise UserError(
                f"{path} was not found: it is the 30-second feature table of the Kaggle data set "
                "andradaolteanu/gtzan-dataset-music-genre-classification; put it there (ROOT of --data is the folder "
                "above gtzan), or leave --data out to run on a synthetic stand-in."
            )
        return read_table(path, before=("filename", "length"), features=FEATURES, labels=GENRES)

    def load(self, root: Path) -> Splits:
        """Split the table and count duplicates that straddle the split. Raises UserError (see `table`)."""
        rows = self.table(root)
        repeated = rows.duplicated(list(FEATURES))
        if self.duplicates == "drop":
            rows = rows[~repeated]
        members = self._filtered(rows) if self.split == "filtered" else self._random(rows)
        splits = table_splits(rows[list(FEATURES)], rows.label, rows.filename, members, GENRES)
        splits.check(GENRES, self.protocol)
        return replace(splits, notes={"duplicate rows": int(repeated.sum()), **splits.notes})

    def _random(self, rows: pd.DataFrame) -> dict[str, pd.Index]:
        """70 : 30 without regard to labels, as the paper has it; then validation out of the 70, in proportion."""
        return draw(
            rows.label, 0.3, self.validation, self.seed, stratify_test=False, protocol=self.protocol
        )

    def _filtered(self, rows: pd.DataFrame) -> dict[str, pd.Index]:
        names = rows.filename.str.removesuffix(".wav")
        members = {split: rows.index[names.isin(filtered_clips(split))] for split in FILTERED}
        if self.duplicates == "keep":
            wanted = [name for split in FILTERED for name in filtered_clips(split)]
            missing = sorted(set(wanted) - set(names))
            if missing:
                raise UserError(
                    f"The filtered split needs {len(wanted)} clips and the table lacks {len(missing)} of them, "
                    f"first {missing[0]}.wav: use the whole table, or --set data.split=random_70_30."
                )
        return members

    def write_standin(self, root: Path) -> None:
        """A synthetic table in the real format: see standin.write_features."""
        from kerasaudio.data import standin

        standin.write_features(root / self.folder / "features_30_sec.csv")
