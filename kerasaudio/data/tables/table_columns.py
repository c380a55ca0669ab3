"""Which columns of a table are features, and why others that hold numbers are none."""

from __future__ import annotations

import re
import reprlib

import numpy as np
import pandas as pd

# A column with a larger share of numbers is a feature, and every other cell in it is a mistake.
MOSTLY = 0.5
FEW = 20  # rows of a table in which a column may look like an index or a label by chance
ID = re.compile(r"(^|[_ ])(id|idx|index|fold|split)$|[a-z]ID$", re.IGNORECASE)
NUMBER_LIKE = r"[+-]?[\d.,' ]*\d[\d.,' ]*%?"
TRUTH = frozenset(("true", "false"))
HELD = 1e5  # times its spread that a column may lie from 0: float32 has seven digits


def judged(rows: pd.DataFrame, labels: pd.Series) -> tuple[list[str], dict[str, str]]:
    """Returns the columns that are features, and why others with numbers or the like are none.

    Args:
        rows: The columns that could be features, with every cell as text.
        labels: The label of each row.

    Returns:
        Names of features, and reasons by the names of columns that were left out.
    """
    taken, left_out = [], {}
    for name in rows.columns:
        cells = rows[name]
        numbers = pd.to_numeric(cells, "coerce").astype(float)
        share = numbers.notna().mean()
        reason = _no_feature(name, numbers, labels) if share > MOSTLY else _no_number(cells, share)
        if share > MOSTLY and not reason:
            taken.append(name)
        elif reason:
            left_out[name] = reason
    return taken, left_out


def _no_feature(name: str, numbers: pd.Series, labels: pd.Series) -> str:
    """Why a column of numbers is no feature; empty if it is one."""
    whole = bool((numbers % 1 == 0).all())
    if not name or name.startswith("Unnamed: "):
        return "it has no name, as an index"
    if whole and ID.search(name):
        return "its name is that of an index"
    if len(numbers) < FEW or numbers.isna().any():
        return ""
    if whole and numbers.is_unique and numbers.max() - numbers.min() == len(numbers) - 1:
        return "it counts the rows"
    if numbers.nunique() > 1 and numbers.groupby(labels).nunique().max() == 1:
        return "it is the label in numbers"
    spread = float(numbers.std())
    if spread and np.isfinite(spread) and abs(numbers.mean()) > HELD * spread:
        return f"it lies around {numbers.mean():.4g} and differs by {spread:.2g}: subtract its mean"
    return ""


def _no_number(cells: pd.Series, share: float) -> str:
    """Why a column that looks like numbers holds none; empty for a column of other text."""
    if share:
        return f"only {share:.0%} of its cells are numbers"
    filled = cells[cells != ""]
    if filled.str.lower().isin(TRUTH).all() and len(filled):
        return f"it holds no numbers but {filled.iloc[0]}"
    if filled.str.fullmatch(NUMBER_LIKE).mean() > MOSTLY:
        return f"it holds no plain numbers but {reprlib.repr(filled.iloc[0])}"
    return ""
