"""CSV files as people and programs write them: separators, decimal commas, blanks, line numbers."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path

import pandas as pd

from kerasaudio.data.stores.store import StoreError
from kerasaudio.errors import UserError

SEPARATORS = ",;\t|"
DECIMAL = r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d+"  # 0,353
GROUPED = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?"  # 1,234.56
POINTED = r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?|[+-]?\d+(?:,\d+)?"  # 1.234,56
EITHER = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+"  # 1,234 could be both


def read_csv(path: Path) -> pd.DataFrame:
    """Returns a table with every cell as text; a row's index is its line in the file.

    The separator is found in the header. Blanks around cells and names do not count, and columns of
    numbers with decimal commas or separated thousands are brought into the usual form.

    Args:
        path: A CSV file.

    Raises:
        UserError: If the file is missing, not text, not a table, or has no rows.
    """
    try:
        if path.is_char_device():
            raise ValueError("it is a device, which may never end")
        data = path.read_bytes()
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = data.decode(encoding)
        if "\0" in text:
            raise ValueError("it has NUL bytes, as a binary file has")
        separator = _separator(text)
        rows = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
        )
    except FileNotFoundError as error:
        raise UserError(f"{path} was not found: expected a CSV file.") from error
    except StoreError:
        raise
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not a readable CSV table: byte {error.start} is no UTF-8. Save it as UTF-8."
        ) from error
    except (ValueError, OSError) as error:
        raise UserError(f"{path} is not a readable CSV table: {str(error).strip()}.") from error
    if not isinstance(rows.index, pd.RangeIndex):
        raise UserError(
            f"{path} has more cells in a row than names in its header: expected as many of both."
        )
    if rows.empty:
        raise UserError(f"{path} has no rows: expected a header and at least one row.")
    rows.index = _lines(text, separator, len(rows))
    rows.columns = rows.columns.str.strip()
    return rows.apply(_plain)


def _separator(text: str) -> str:
    """The separator that cuts the header into the most names."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=re.sub('"[^"]*"', "", header).count)


def _lines(text: str, separator: str, rows: int) -> pd.Index:
    """The line in which each row begins; blank lines and line breaks in cells count."""
    if text.rstrip("\r\n").count("\n") == rows:
        return pd.RangeIndex(2, rows + 2)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found, begin = [], 1
    with contextlib.suppress(csv.Error):  # of a cell that is too long for it
        for cells in reader:
            if cells and (len(cells) > 1 or cells[0].strip()):
                found.append(begin)
            begin = reader.line_num + 1
    return pd.Index(found[1:]) if len(found) == rows + 1 else pd.RangeIndex(2, rows + 2)


def _plain(column: pd.Series) -> pd.Series:
    """A column without blanks around its cells, and with numbers as Python writes them."""
    column = column.str.strip()
    if not column.str.contains(",", regex=False).any():
        return column
    cells = column[column != ""]
    pointed = cells.str.contains(".", regex=False).any()
    if pointed and cells.str.fullmatch(GROUPED).all():
        return column.str.replace(",", "")
    if pointed and cells.str.fullmatch(POINTED).all():
        return column.str.replace(".", "").str.replace(",", ".")
    with_comma = cells[cells.str.contains(",", regex=False)]
    if cells.str.fullmatch(DECIMAL).all() and not with_comma.str.fullmatch(EITHER).all():
        return column.str.replace(",", ".")
    return column
