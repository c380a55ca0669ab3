"""Your own table of features: any CSV file with a column of labels and columns of numbers.

Files: ROOT/PATH, a header and a row an example.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from kerasaudio.data.splits import Splits, draw, table_splits
from kerasaudio.data.table import finite_numbers, read_csv
from kerasaudio.errors import UserError
from kerasaudio.experiment import Task

PIECE = r"(?P<name>.+)\.(?P<number>0|[1-9]\d*)(?P<suffix>\.[^.]*)$"
MOSTLY = 0.5  # share of numbers from which on a column is one of numbers, in which every other cell is a mistake


@dataclass(frozen=True)
class OwnTable:
    """A table below the data root; test and validation rows are drawn in proportion to the labels.

    `labels` and `columns` are found in the file (see `with_facts`) and then kept in the run: a later table has to have
    the same.
    """

    path: str = "own/table.csv"
    label_column: str = "label"
    name_column: str | None = (
        None  # names the rows in reports; their lines in the file do without it
    )
    leave_out: tuple[str, ...] = (
        "length",
    )  # columns of numbers that are no features, as in tables of recordings
    seed: int = 0
    test: float = 0.3  # share of all rows
    validation: float = 0.2  # share of the rest
    duplicates: Literal["keep", "drop"] = "keep"  # rows whose features equal an earlier row's
    pieces: Literal["together", "apart"] = (
        "together"  # of one recording, as `features` calls them: NAME.0.EXT, ...
    )
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    task: ClassVar[Task] = "single_label"
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        for name in ("test", "validation"):
            if not 0 < getattr(self, name) < 1:
                raise UserError(
                    f"data.{name} is {getattr(self, name)}: expected a share between 0 and 1."
                )

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
        """With the labels, sorted, and the columns of numbers, in the file's order, where they are not given.

        Raises UserError for a table that cannot be read, lacks the label column, or has no features or one label only.
        """
        rows = self._read(root)
        special = {self.label_column, self.name_column, *self.leave_out}
        labels = self.labels or tuple(sorted(set(rows[self.label_column])))
        columns = self.columns or tuple(
            name
            for name in rows.columns
            if name not in special and pd.to_numeric(rows[name], "coerce").notna().mean() > MOSTLY
        )
        if not columns:
            raise UserError(
                f"{root / self.path} has no column of numbers besides {', '.join(filter(None, special))}."
            )
        if len(labels) < 2:
            raise UserError(
                f"{root / self.path}: all rows have the label {labels[0]!r}: expected at least two labels."
            )
        return replace(self, labels=labels, columns=columns)

    def load(self, root: Path) -> Splits:
        """The splits; notes tell of duplicates. Raises UserError where the table is not as `with_facts` found it."""
        rows = self._read(root)
        unknown = ~rows[self.label_column].isin(self.labels)
        if unknown.any():
            found = rows[self.label_column].iloc[int(np.argmax(unknown))]
            expected = ", ".join(self.labels)
            raise UserError(
                f"{root / self.path}, line {_line(unknown)}: unknown label {found!r}; expected one of {expected}."
            )
        features = finite_numbers(root / self.path, rows, self.columns)
        repeated = features.duplicated()
        kept = rows.index[~repeated] if self.duplicates == "drop" else rows.index
        truth, features = rows[self.label_column][kept], features.loc[kept]
        lines = pd.Series([f"line {line + 2}" for line in range(len(rows))])
        names = rows[self.name_column] if self.name_column else lines
        wholes = self._recordings(rows)[kept]
        splits = table_splits(
            features, truth, names[kept], self._members(truth, wholes), self.labels
        )
        splits.check(self.labels, self.protocol)
        recordings = {} if wholes.is_unique else {"recordings, each in one split": wholes.nunique()}
        return replace(
            splits, notes={"duplicate rows": int(repeated.sum()), **recordings, **splits.notes}
        )

    def _members(self, truth: pd.Series, wholes: pd.Series) -> dict[str, pd.Index]:
        """The rows of each split. `wholes` says what each is of: its recording, or itself."""
        if wholes.is_unique:
            return draw(
                truth,
                self.test,
                self.validation,
                self.seed,
                stratify_test=True,
                protocol=self.protocol,
            )
        labels = truth.groupby(wholes, sort=False).first()
        try:
            drawn = draw(
                labels,
                self.test,
                self.validation,
                self.seed,
                stratify_test=True,
                protocol=self.protocol,
            )
        except UserError as error:
            hint = "rows NAME.0.EXT, NAME.1.EXT, ... count as one recording; if they are not, set data.pieces=apart."
            raise UserError(f"{error} ({hint})") from error
        return {split: truth.index[wholes.isin(chosen)] for split, chosen in drawn.items()}

    def _recordings(self, rows: pd.DataFrame) -> pd.Series:
        """For each row what it is a piece of, or its own number."""
        column = self.name_column or "filename"
        own = pd.Series(range(len(rows)), rows.index).astype(str)
        if self.pieces == "apart" or column not in rows:
            return own
        part = rows[column].str.extract(PIECE)
        number = pd.to_numeric(part["number"]).groupby(part["name"] + part["suffix"])
        together = (number.transform("size") > 1) & (number.transform("min") == 0)
        return own.where(~together, part["name"] + part["suffix"])

    def _read(self, root: Path) -> pd.DataFrame:
        path = root / self.path
        if not path.resolve().is_relative_to(root.resolve()):
            raise UserError(
                f"data.path is {self.path}: expected a file below the data root {root}; see --data."
            )
        rows = read_csv(path)
        for name in filter(None, (self.label_column, self.name_column)):
            if name not in rows:
                raise UserError(
                    f"{path} has no column {name!r}: expected one of {', '.join(rows.columns)}."
                )
        empty = rows[self.label_column].str.strip() == ""
        if empty.any():
            raise UserError(
                f"{path}, line {_line(empty)}: the column {self.label_column!r} is empty."
            )
        twice = rows[self.name_column].duplicated() if self.name_column else pd.Series([False])
        if twice.any():
            raise UserError(
                f"{path}, line {_line(twice)}: the name stands in {self.name_column!r} twice."
            )
        return rows

    def write_standin(self, root: Path) -> None:
        """A synthetic table with three labels: see standin.write_own_table."""
        from kerasaudio.data import standin

        standin.write_own_table(root / self.path, self.label_column, self.name_column)


def _line(wrong: pd.Series) -> int:
    """The first wrong row's line in the file, whose header is line 1."""
    return int(np.argmax(wrong)) + 2
