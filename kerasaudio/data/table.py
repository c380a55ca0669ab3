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
    """The table whose columns are exactly `before`, `features` and `label`, rows named by `filename`.

    Raises UserError for a missing or extra column, an empty table, a cell that is not a finite number, a label that is
    not one of `labels`, and a file name that stands twice; the line says which row (the header is line 1) and column.
    """
    rows = read_csv(path)
    expected = [*before, *features, "label"]
    _check_columns(path, list(rows.columns), expected)
    if list(rows.columns) != expected:
        first = next(
            found for found, wanted in zip(rows.columns, expected, strict=True) if found != wanted
        )
        raise UserError(
            f"{path}: column {first!r} is out of place; expected the order {', '.join(expected[:4])}, ..."
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
    """Every cell as text. Raises UserError for a file that is not there, not text, not a table, or has no rows."""
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
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [
            f"has an extra {', '.join(extra)}"
        ] * bool(extra)
        raise UserError(
            f"{path} {' and '.join(parts)}: expected {len(expected)} columns, found {len(found)}."
        )


def finite_numbers(path: Path, rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The named columns as float64, finite in float32 too. Raises UserError for missing columns and for other cells."""
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
            f"{path}, line {row + 2}, column {columns[column]}: found {found}, expected a finite number."
        )
    return numbers
