"""Your own table of features: any CSV file with a column of labels and columns of numbers.

Files: ROOT/PATH, a header and one row for each example.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from kerasaudio.data.files import below, is_inside
from kerasaudio.data.splits import draw, table_splits
from kerasaudio.data.standins import table_standin
from kerasaudio.data.tables.table import finite_numbers, read_csv
from kerasaudio.data.tables.table_columns import judged
from kerasaudio.data.tables.table_labels import alike, label_text, without_point
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, SingleLabel, Splits, Task

PIECE = r"(?P<name>.+)\.(?P<number>0|[1-9]\d*)(?P<suffix>\.[^.]*)$"


@dataclass(frozen=True)
class OwnTable(DataSet):
    """A table below the data root; rows are drawn in proportion to the labels.

    `labels` and `columns` are found in the file (see `with_facts`) and then kept in the run. A
    later table must have the same ones.

    Args:
        path: The CSV file, relative to the data root.
        label_column: Name of the column of labels.
        name_column: Name of the column with the rows' names in reports; `None` takes `filename`
            where that names every row, and otherwise their lines in the file.
        leave_out: Columns of numbers that are no features, such as the length of a recording.
        seed: Seed of the draw.
        test: Share of all rows that test.
        validation: Share of the other rows that validate.
        duplicates: Whether to keep or drop rows whose features equal an earlier row's.
        pieces: Whether pieces of one recording, which `features` calls NAME.0.EXT, NAME.1.EXT, ...,
            are in the same split ("together") or drawn like other rows ("apart").
        labels: The labels, in the order of the model's outputs; empty for those in the file.
        columns: Names of the features; empty for all columns of numbers but row numbers, ids, and
            what is the label in other words.
    """

    path: str = "own/table.csv"
    label_column: str = "label"
    name_column: str | None = None
    leave_out: tuple[str, ...] = ("length",)
    seed: int = 0
    test: float = 0.3
    validation: float = 0.2
    duplicates: Literal["keep", "drop"] = "keep"
    pieces: Literal["together", "apart"] = "together"
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    task: ClassVar[Task] = SingleLabel()
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        for name, share in {"test": self.test, "validation": self.validation}.items():
            if not 0 < share < 1:
                raise UserError(f"data.{name} is {share}: expected a share between 0 and 1.")

    @property
    def folder(self) -> str:
        return self.path

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (len(self.columns),)

    @property
    def protocol(self) -> str:
        drawn = f"{self.path} {1 - self.test:.0%} : {self.test:.0%} by label, seed {self.seed}"
        leak = " LEAKS (pieces of one recording on both sides)" if self.pieces == "apart" else ""
        return drawn + leak + (", duplicates dropped" if self.duplicates == "drop" else "")

    def with_facts(self, root: Path) -> OwnTable:
        """Returns the data set with the file's labels and features, where none are given.

        Labels are sorted; features are in the file's order. The path is then relative to the data
        root, however it was written.

        Raises:
            UserError: If the table cannot be read, lacks the column of labels, has no features, or
                has only one label.
        """
        rows = self._read(root)
        labels = self.labels or tuple(sorted(set(rows[self.label_column])))
        taken, left_out = judged(self._candidates(rows), rows[self.label_column])
        columns = self.columns or tuple(taken)
        if not columns:
            special = filter(None, (self.label_column, self.name_column, *self.leave_out))
            none = "".join(f"; {name}: {reason}" for name, reason in left_out.items())
            raise UserError(
                f"{root / self.path} has no column of numbers besides {', '.join(special)}{none}."
            )
        if len(labels) < 2:
            raise UserError(
                f"{root / self.path}: all rows have the label {labels[0]!r}: "
                "expected at least two labels."
            )
        named = self.name_column or _file_names(rows)
        path = below(self.path, root)
        return replace(self, path=path, labels=labels, columns=columns, name_column=named)

    def _candidates(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The columns that could be features."""
        special = {self.label_column, self.name_column, *self.leave_out}
        return rows[[name for name in rows.columns if name not in special]]

    def table(self, root: Path) -> pd.DataFrame:
        """Returns all rows; see `DataSet.table`."""
        rows, features = self._checked(root)
        return features.assign(label=rows[self.label_column])

    def load(self, root: Path) -> Splits:
        """Returns the splits; notes count duplicates. See `DataSet.load`."""
        rows, features = self._checked(root)
        repeated = features.duplicated()
        kept = rows.index[~repeated] if self.duplicates == "drop" else rows.index
        truth, features = rows[self.label_column][kept], features.loc[kept]
        lines = pd.Series([f"line {line}" for line in rows.index], rows.index)
        names = rows[self.name_column] if self.name_column else lines
        recordings = self._recordings(rows)[kept]
        members = self._members(truth, recordings if self.pieces == "together" else lines[kept])
        splits = table_splits(features, truth, names[kept], members, self.labels, recordings)
        splits.check(self.labels, self.protocol)
        notes: dict[str, Any] = {"duplicate rows": int(repeated.sum())}
        if not recordings.is_unique and self.pieces == "together":
            notes["recordings, each in one split"] = recordings.nunique()
        return replace(splits, notes={**notes, **splits.notes, **self._told(rows)})

    def _told(self, rows: pd.DataFrame) -> dict[str, str]:
        """What was made of the table's columns and labels, for the console and the report."""
        found = {"features": f"{len(self.columns)}: {', '.join(self.columns)}"}
        _, left_out = judged(self._candidates(rows), rows[self.label_column])
        reasons = {name: why for name, why in left_out.items() if name not in self.columns}
        if reasons:
            each = "; ".join(f"{name or '(no name)'}: {why}" for name, why in reasons.items())
            found["no features"] = f"{each} (data.columns names features by hand)"
        if same := alike(self.labels, str.casefold):
            found["labels that differ in case alone"] = " and ".join(same)
        return found

    def _checked(self, root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
        """All rows, and their features; UserError for a table that `with_facts` did not find."""
        rows = self._read(root)
        unknown = ~rows[self.label_column].isin(self.labels)
        if unknown.any():
            found = reprlib.repr(rows[self.label_column].iloc[int(np.argmax(unknown))])
            raise UserError(
                f"{root / self.path}, line {_line(unknown)}: unknown label {found}; "
                f"expected one of {', '.join(self.labels)}."
            )
        return rows, finite_numbers(root / self.path, rows, self.columns)

    def _members(self, truth: pd.Series, recordings: pd.Series) -> dict[str, pd.Index]:
        """The rows of each split; `recordings` says which recording each row is a piece of."""
        if recordings.is_unique:
            return self._draw(truth)
        try:
            drawn = self._draw(truth.groupby(recordings, sort=False).first())
        except UserError as error:
            hint = (
                "rows NAME.0.EXT, NAME.1.EXT, ... count as one recording; "
                "if they are not, set data.pieces=apart."
            )
            raise UserError(f"{error} ({hint})") from error
        return {split: truth.index[recordings.isin(chosen)] for split, chosen in drawn.items()}

    def _draw(self, truth: pd.Series) -> dict[str, pd.Index]:
        return draw(
            truth,
            self.test,
            self.validation,
            self.seed,
            stratify_test=True,
            protocol=self.protocol,
        )

    def _recordings(self, rows: pd.DataFrame) -> pd.Series:
        """The recording that each row is a piece of, or the row's own number."""
        column = self.name_column or "filename"
        own = pd.Series(rows.index.astype(str), rows.index)
        if column not in rows:
            return own
        part = rows[column].str.extract(PIECE)
        number = pd.to_numeric(part["number"]).groupby(part["name"] + part["suffix"])
        together = (number.transform("size") > 1) & (number.transform("min") == 0)
        return own.where(~together, part["name"] + part["suffix"])

    def _read(self, root: Path) -> pd.DataFrame:
        path = root / self.path
        if not is_inside(path, root):
            raise UserError(
                f"data.path is {self.path}: expected a file below the data root {root}; see --data."
            )
        rows = read_csv(path)
        for name in filter(None, (self.label_column, self.name_column)):
            if name not in rows:
                raise UserError(
                    f"{path} has no column {name!r}: expected one of {', '.join(rows.columns)}."
                )
        rows[self.label_column] = rows[self.label_column].map(label_text)
        empty = rows[self.label_column] == ""
        if empty.any():
            raise UserError(
                f"{path}, line {_line(empty)}: the column {self.label_column!r} is empty."
            )
        same = alike(set(rows[self.label_column]), without_point)
        if same:
            raise UserError(
                f"{path}: the labels {' and '.join(same)} are the same number: write them alike."
            )
        twice = rows[self.name_column].duplicated() if self.name_column else pd.Series([False])
        if twice.any():
            raise UserError(
                f"{path}, line {_line(twice)}: the name stands in {self.name_column!r} twice."
            )
        return rows

    def write_standin(self, root: Path) -> None:
        """Writes a synthetic table with three labels; see `DataSet.write_standin`."""
        table_standin.write_own_table(root / self.path, self.label_column, self.name_column)


def _line(wrong: pd.Series) -> int:
    """The first wrong row's line in the file, whose header is line 1."""
    return int(wrong.index[int(np.argmax(wrong))])


def _file_names(rows: pd.DataFrame) -> str | None:
    """The column of file names, as `features` writes it, where it names every row."""
    column = "filename"
    unique = column in rows and rows[column].is_unique and (rows[column] != "").all()
    return column if unique else None
