"""Tables as the text of CSV files that a spreadsheet shows and does not run."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with one of these a spreadsheet's formula begins
NAME = re.compile(r"-[\w-]*")  # names of YouTube's videos may begin so; such a formula does nothing


def safe_cell(value: Any) -> Any:
    """Returns a cell's value; text that a spreadsheet would run as a formula begins with `'`.

    Source: OWASP, CSV Injection.

    Args:
        value: Anything; text that is a number stays as it is.
    """
    if not isinstance(value, str) or not value.startswith(FORMULA) or NAME.fullmatch(value):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def csv_text(table: pd.DataFrame) -> str:
    """Returns a table as CSV with a header, every cell safe for spreadsheets."""
    safe = table.apply(
        lambda column: column if column.dtype.kind in "biuf" else column.map(safe_cell)
    )
    return str(safe.rename(columns=safe_cell).to_csv(index=False))
