"""Events in long recordings: label tracks of Audacity and selection tables of Raven.

Source: https://manual.audacityteam.org/man/importing_and_exporting_labels.html; Raven Pro 1.6
User's Manual, chapter 6.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kerasaudio.errors import UserError

BEGIN, END = "Begin Time (s)", "End Time (s)"  # Raven's columns
RAVEN_LABELS = ("Annotation", "Species", "Common Name", "Label", "Tag", "Class")


@dataclass(frozen=True)
class Event:
    """A part of a recording that has a label.

    Args:
        start: Its beginning in seconds.
        end: Its end in seconds; the same as `start` for a point in time.
        label: The label.
    """

    start: float
    end: float
    label: str

    def is_in(self, start: float, end: float) -> bool:
        """Returns whether a window shows the event.

        It does if it holds half of the event, or if the event holds half of the window.

        Args:
            start: The window's beginning in seconds.
            end: The window's end in seconds.
        """
        overlap = min(self.end, end) - max(self.start, start)
        return overlap >= min(self.end - self.start, end - start) / 2 and self.start < end


def tracks_of(texts: Sequence[Path]) -> dict[Path, Path]:
    """Returns the files with events, by the path of the recording without its suffix.

    A file is called as the recording with `.txt` in place of the suffix, or begins with that name
    and ends with `.selections.txt`. Of several the first one counts.

    Args:
        texts: Text files.
    """
    found: dict[Path, Path] = {}
    for path in texts:
        parts = path.name.split(".")
        raven = path.name.lower().endswith(".selections.txt")
        for count in range(1 if raven else len(parts) - 1, len(parts)):
            found.setdefault(path.with_name(".".join(parts[:count])), path)
    return found


def read_track(path: Path, label_column: str) -> tuple[Event, ...]:
    """Returns the events of a recording.

    Args:
        path: A label track or a selection table.
        label_column: Name of a selection table's column of labels; if it has none of that name,
            the usual ones are looked for.

    Raises:
        UserError: If the file is neither, or a line of it is not as expected.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # stores give bytes
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} could not be read as text: {error}.") from error
    lines = text.splitlines()
    if lines and BEGIN in lines[0].split("\t"):
        return _selections(path, text, label_column)
    # A line that begins with a backslash holds the frequencies of the line before.
    return tuple(
        _event(path, number, *[*line.split("\t", 2), "", ""][:3])
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("\\")
    )


def _selections(path: Path, text: str, label_column: str) -> tuple[Event, ...]:
    try:
        rows = pd.read_csv(io.StringIO(text), sep="\t", dtype=str, keep_default_na=False)
    except ValueError as error:
        raise UserError(f"{path} is not a readable selection table: {error}.") from error
    if not isinstance(rows.index, pd.RangeIndex):
        raise UserError(
            f"{path} has more cells in a row than names in its header: expected as many of both."
        )
    known = {column.lower(): column for column in reversed(rows.columns)}
    wanted = (label_column, *RAVEN_LABELS)
    column = next((known[name.lower()] for name in wanted if name.lower() in known), None)
    if column is None or END not in rows:
        raise UserError(
            f"{path} has the columns {', '.join(rows.columns)}: expected {BEGIN}, {END} and "
            f"{' or '.join(RAVEN_LABELS)}, or the column of labels as data.label_column."
        )
    each = zip(rows[BEGIN], rows[END], rows[column], strict=True)
    # Raven has a row for each view of a selection.
    return tuple(dict.fromkeys(_event(path, number, *row) for number, row in enumerate(each, 2)))


def _event(path: Path, line: int, start: str, end: str, label: str) -> Event:
    try:
        found = Event(float(start), float(end), label.strip())
    except ValueError:
        found = Event(math.nan, math.nan, "")
    if not (0 <= found.start <= found.end < math.inf and found.label):
        raise UserError(
            f"{path}, line {line}: found {start!r}, {end!r} and {label!r}; "
            "expected a beginning and an end in seconds, and a label."
        )
    return found
