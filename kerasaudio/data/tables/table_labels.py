"""Labels in one form, and labels that look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable


def label_text(cell: str) -> str:
    """Returns a label on one line, in one Unicode form: macOS writes é as two characters."""
    return " ".join(unicodedata.normalize("NFC", cell).split())


def without_point(label: str) -> str:
    """Returns a whole number without ".0", which pandas adds where another value is missing."""
    return label.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", label) else label


def alike(labels: Iterable[str], form: Callable[[str], str]) -> list[str]:
    """Returns the first labels that are different and have the same form; empty if none are.

    Args:
        labels: The labels.
        form: What is compared, such as `str.casefold`.
    """
    groups: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        groups.setdefault(form(label), []).append(label)
    return next((each for each in groups.values() if len(each) > 1), [])
