"""GTZAN: ten genres, 100 clips of 30 s each, as a table of features.

Source: Tzanetakis and Cook 2002; the feature table is the one published with the clips on Kaggle.
Files: gtzan/features_30_sec.csv, 1000 rows x 60 columns: filename, length, 57 features, label.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd

from kerasaudio.data.features.gtzan_features import FEATURES
from kerasaudio.data.gtzan_clips import FILTERED, GENRES, filtered_clips
from kerasaudio.data.splits import draw, fewer, table_splits
from kerasaudio.data.standins import table_standin
from kerasaudio.data.tables.table import read_table
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, SingleLabel, Splits, Task

CLIPS = 1000


@dataclass(frozen=True)
class GtzanFeatures(DataSet):
    """GTZAN's table of 57 features.

    Args:
        split: "random_70_30" draws 70 % and 30 % of the rows without regard to labels, and then
            `validation` of the 70 %. "filtered" is the fault-filtered split of Kereliuk, Sturm and
            Larsen 2015.
        seed: Seed of "random_70_30".
        validation: Share of the 70 % that validates; the filtered split has its own.
        duplicates: Whether to keep or drop rows whose features equal an earlier row's.
        train_rows: Number of training rows that are kept, drawn in proportion to the labels; `None`
            keeps all. Other splits stay as they are, so several numbers give a learning curve.
    """

    split: Literal["random_70_30", "filtered"] = "random_70_30"
    seed: int = 0
    validation: float = 0.2
    duplicates: Literal["keep", "drop"] = "keep"
    train_rows: int | None = None

    FILE: ClassVar[str] = "features_30_sec.csv"
    folder: ClassVar[str] = "gtzan"
    labels: ClassVar[tuple[str, ...]] = GENRES
    columns: ClassVar[tuple[str, ...]] = FEATURES
    task: ClassVar[Task] = SingleLabel()
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
        fewer = f", {self.train_rows} training rows" if self.train_rows else ""
        return (
            self.split
            + seed
            + (", duplicates dropped" if self.duplicates == "drop" else "")
            + fewer
        )

    def is_below(self, root: Path) -> bool:
        """Returns whether a data root has the table; recordings may lie there without it."""
        return (root / self.folder / self.FILE).is_file()

    def table(self, root: Path) -> pd.DataFrame:
        """Returns all rows; see `DataSet.table`."""
        path = root / self.folder / self.FILE
        if not path.is_file():
            raise UserError(
                f"{path} was not found: it is the 30-second feature table of the Kaggle data set "
                "andradaolteanu/gtzan-dataset-music-genre-classification; put it there (ROOT of "
                "--data is the folder above gtzan), or leave --data out to run on a synthetic "
                "stand-in."
            )
        rows = read_table(path, before=("filename", "length"), features=FEATURES, labels=GENRES)
        named = rows.filename.str.extract(r"^([a-z]+)\.\d{5}\.wav$")[0] == rows.label
        if not named.all():
            line = named.index[int(named.argmin())]
            raise UserError(
                f"{path}, line {line}: the row {reprlib.repr(rows.filename[line])} is labelled "
                f"{rows.label[line]}: expected the table of whole clips, whose rows are called "
                "blues.00000.wav and the like; for another table use own_table."
            )
        return rows

    def load(self, root: Path) -> Splits:
        """Returns the splits; notes count duplicates. See `DataSet.load`."""
        rows = self.table(root)
        repeated = rows.duplicated(list(FEATURES))
        if self.duplicates == "drop":
            rows = rows[~repeated]
        members = self._filtered(rows) if self.split == "filtered" else self._random(rows)
        if self.train_rows is not None:
            members["train"] = fewer(rows.label, members["train"], self.train_rows, self.seed)
        splits = table_splits(rows[list(FEATURES)], rows.label, rows.filename, members, GENRES)
        splits.check(GENRES, self.protocol)
        notes: dict[str, Any] = {"duplicate rows": int(repeated.sum()), **splits.notes}
        if len(repeated) != CLIPS:
            notes["rows of the table"] = f"{len(repeated)}, and {CLIPS} were published"
        return replace(splits, notes=notes)

    def _random(self, rows: pd.DataFrame) -> dict[str, pd.Index]:
        """70 : 30 without regard to labels, as in the paper; validation rows in proportion."""
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
                    f"The filtered split needs {len(wanted)} clips and the table lacks "
                    f"{len(missing)} of them, first {missing[0]}.wav: use the whole table, or "
                    "--set data.split=random_70_30."
                )
        return members

    def write_standin(self, root: Path) -> None:
        """Writes a synthetic table in the real format; see `DataSet.write_standin`."""
        table_standin.write_features(root / self.folder / self.FILE)
