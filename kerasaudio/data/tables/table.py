"""One table of features in a CSV file, checked before anything is trained on it."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kerasaudio.data.tables.csv_table import read_csv
from kerasaudio.errors import UserError


def read_table(
    path: Path, before: Sequence[str], features: Sequence[str], labels: Sequence[str]
) -> pd.DataFrame:
    """Returns a table whose columns are exactly `before`, `features` and `label`, in this order.

    Args:
        path: A CSV file; `filename` is one of its columns.
        before: Names of the columns before the features.
        features: Names of the features.
        labels: All labels.

    Raises:
        UserError: If a column is missing or extra, there are no rows, a feature is not a finite
            number, a label is unknown, or a file name is there twice. The message names the line
            (the header is line 1) and the column.
    """
    rows = read_csv(path)
    expected = [*before, *features, "label"]
    _check_columns(path, list(rows.columns), expected)
    if list(rows.columns) != expected:
        first = next(
            found for found, wanted in zip(rows.columns, expected, strict=True) if found != wanted
        )
        raise UserError(
            f"{path}: column {first!r} is out of place; "
            f"expected the order {', '.join(expected[:4])}, ..."
        )
    unknown = np.flatnonzero(~rows.label.isin(labels))
    if len(unknown):
        line, found = rows.index[unknown[0]], reprlib.repr(rows.label.iloc[unknown[0]])
        raise UserError(
            f"{path}, line {line}: unknown label {found}; expected one of {', '.join(labels)}."
        )
    twice = np.flatnonzero(rows.filename.duplicated())
    if len(twice):
        line, found = rows.index[twice[0]], rows.filename.iloc[twice[0]][:60]
        raise UserError(f"{path}, line {line}: {found} stands in the table twice; remove one.")
    rows[list(features)] = finite_numbers(path, rows, features)
    return rows


def _check_columns(path: Path, found: list[str], expected: list[str]) -> None:
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if missing or extra:
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"has an extra {', '.join(extra)}"] if extra else []
        raise UserError(
            f"{path} {' and '.join(parts)}: expected {len(expected)} columns, found {len(found)}."
        )


def finite_numbers(path: Path, rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Returns some columns as float64; all numbers are finite in float32, too.

    Args:
        path: The table's file, for messages.
        rows: The table, with every cell as text.
        columns: Names of the columns.

    Raises:
        UserError: If a column is missing, or a cell is not a finite number.
    """
    missing = [name for name in columns if name not in rows.columns]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise UserError(
            f"{path} lacks {len(missing)} of the {len(columns)} feature columns: {shown}."
        )
    numbers = rows[list(columns)].apply(pd.to_numeric, errors="coerce").astype(float)
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(numbers.to_numpy(np.float32))
    if bad.any():
        row, column = (int(axis[0]) for axis in np.nonzero(bad))
        cell = rows[columns[column]].iloc[row]
        found = reprlib.repr(cell) if cell else "an empty cell"
        raise UserError(
            f"{path}, line {rows.index[row]}, column {columns[column]}: found {found}, "
            "expected a finite number."
        )
    return numbers
