"""One table of features in a CSV file, checked before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

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
        line, found = unknown[0] + 2, rows.label.iloc[unknown[0]]
        raise UserError(
            f"{path}, line {line}: unknown label {found!r}; expected one of {', '.join(labels)}."
        )
    twice = np.flatnonzero(rows.filename.duplicated())
    if len(twice):
        line, found = twice[0] + 2, rows.filename.iloc[twice[0]]
        raise UserError(f"{path}, line {line}: {found} stands in the table twice; remove one.")
    rows[list(features)] = finite_numbers(path, rows, features)
    return rows


def read_csv(path: Path) -> pd.DataFrame:
    """Returns a table with every cell as text.

    Args:
        path: A CSV file.

    Raises:
        UserError: If the file is missing, not text, not a table, or has no rows.
    """
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise UserError(f"{path} was not found: expected a CSV file.") from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path} is not a readable CSV table: {str(error).strip()}.") from error
    if not isinstance(rows.index, pd.RangeIndex):
        raise UserError(
            f"{path} has more cells in a row than names in its header: expected as many of both."
        )
    if rows.empty:
        raise UserError(f"{path} has no rows: expected a header and at least one row.")
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
        found = f"{cell!r}" if cell else "an empty cell"
        raise UserError(
            f"{path}, line {row + 2}, column {columns[column]}: found {found}, "
            "expected a finite number."
        )
    return numbers
