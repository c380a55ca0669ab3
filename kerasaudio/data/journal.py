"""The finished rows of a table that takes long: one line for each file, safe to interrupt."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio.data.files import NotWritten, write_text
from kerasaudio.data.recordings import COLUMNS, Recording, Row
from kerasaudio.errors import UserError


class Journal:
    """The rows of the files that are done. A file that has changed counts as not done.

    Args:
        table: The table that the journal becomes.
        path: The journal's own file, beside the table.
        rows: Rows by file.
    """

    def __init__(self, table: Path, path: Path, rows: dict[str, list[Row]]) -> None:
        self.table = table
        self.path = path
        self.rows = rows

    @classmethod
    def open(cls, table: Path, folder: Path, seconds: int) -> Journal:
        """Returns a new journal, or the one that is there.

        Args:
            table: The table that the journal becomes.
            folder: Folder of the recordings.
            seconds: Length of a row's piece.

        Raises:
            UserError: If the table is there already, the journal was begun for another folder or
                length, or it cannot be written.
        """
        if table.exists():
            raise UserError(
                f"{table} is there already: choose another --out, or remove it to compute it anew."
            )
        path = table.with_name(f"{table.name}.journal")
        title = {"folder": str(folder.resolve()), "seconds": seconds, "columns": list(COLUMNS)}
        try:
            lines = _whole_lines(path)
            if lines and lines[0] != title:
                raise UserError(
                    f"{path} was begun for another folder or --seconds: "
                    "choose another --out or remove it."
                )
            if not lines:
                path.write_text(json.dumps(title) + "\n", encoding="utf-8")
        except OSError as error:
            raise NotWritten(
                f"{path} could not be written: {error.strerror}. Choose another --out."
            ) from error
        return cls(table, path, {line["file"]: line["rows"] for line in lines[1:]})

    def __contains__(self, recording: Recording) -> bool:
        return _state(recording) in self.rows

    def add(self, recording: Recording, rows: list[Row]) -> None:
        """Keeps the rows of one file; they are on disk when this returns."""
        self.rows[_state(recording)] = rows
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({"file": _state(recording), "rows": rows}) + "\n")

    def finish(self, recordings: Sequence[Recording]) -> int:
        """Writes the table and removes the journal.

        Args:
            recordings: All recordings, in the order of the table.

        Returns:
            The number of rows.

        Raises:
            UserError: If there are no rows, or the table cannot be written.
        """
        rows = [row for recording in recordings for row in self.rows.get(_state(recording), [])]
        if not rows:
            self.path.unlink()
            raise UserError(f"None of {len(recordings)} files could be read: no table was written.")
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *rows])
        write_text(self.table, text.getvalue())
        self.path.unlink()
        return len(rows)


def _state(recording: Recording) -> str:
    """A file as it is now: another size, date, name or label is another file."""
    found = recording.path.stat()
    return json.dumps(
        [str(recording.path), recording.name, recording.label, found.st_size, found.st_mtime_ns]
    )


def _whole_lines(path: Path) -> list[Any]:
    """The journal's lines; one that was interrupted is cut from the file."""
    if not path.exists():
        return []
    with path.open("r+b") as journal:
        text = journal.read()
        whole = text[: text.rfind(b"\n") + 1]
        journal.truncate(len(whole))
        os.fsync(journal.fileno())
    return [json.loads(line) for line in whole.splitlines()]
