"""What a long computation has behind it, beside the table that it will become: one line a file, safe to break off."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio.data.recordings import COLUMNS, Recording, Row
from kerasaudio.errors import UserError
from kerasaudio.runs.runs import write_text


class Journal:
    """Rows by file; a file that has changed since counts as not done."""

    def __init__(self, table: Path, path: Path, rows: dict[str, list[Row]]) -> None:
        self.table = table
        self.path = path
        self.rows = rows

    @classmethod
    def open(cls, table: Path, folder: Path, seconds: int) -> Journal:
        """Begin a journal, or go on with the one that is there.

        Raises UserError where the table is there already or the journal was begun for another folder or length.
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
                    f"{path} was begun for another folder or --seconds: choose another --out or remove it."
                )
            if not lines:
                path.write_text(json.dumps(title) + "\n", encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"{path} could not be written: {error.strerror}. Choose another --out."
            ) from error
        return cls(table, path, {line["file"]: line["rows"] for line in lines[1:]})

    def __contains__(self, recording: Recording) -> bool:
        return _state(recording) in self.rows

    def add(self, recording: Recording, rows: list[Row]) -> None:
        """Keep a file's rows, on disk when this returns."""
        self.rows[_state(recording)] = rows
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({"file": _state(recording), "rows": rows}) + "\n")

    def finish(self, recordings: Sequence[Recording]) -> int:
        """Write the table in the recordings' order and remove the journal; the number of rows.

        Raises UserError where there are none.
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
    """The journal's lines; one that was broken off is cut from the file."""
    if not path.exists():
        return []
    with path.open("r+b") as journal:
        text = journal.read()
        whole = text[: text.rfind(b"\n") + 1]
        journal.truncate(len(whole))
        os.fsync(journal.fileno())
    return [json.loads(line) for line in whole.splitlines()]
