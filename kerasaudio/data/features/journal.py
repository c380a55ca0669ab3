"""What is known of the files that are done: one line for each file, safe to interrupt."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

from kerasaudio.data.features.recordings import Recording
from kerasaudio.data.files import NotWritten, refuse_link
from kerasaudio.errors import UserError


class Journal:
    """Values of the files that are done. A file that has changed counts as not done.

    Args:
        path: The journal's own file.
        values: Values by file; anything that JSON knows.
    """

    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        self.path = path
        self.values = values

    @classmethod
    def open(cls, path: Path, title: dict[str, Any]) -> Journal:
        """Returns a new journal, or the one that is there.

        Args:
            path: The journal's own file.
            title: All that the values depend on, besides the files; anything that JSON knows.

        Raises:
            UserError: If the journal was begun with another title, or it cannot be written.
        """
        try:
            refuse_link(path)
            lines = _whole_lines(path)
            if lines and lines[0] is None:
                raise UserError(f"{path} is damaged: remove it to begin anew.")
            if lines and lines[0] != json.loads(json.dumps(title)):
                raise UserError(
                    f"{path} was begun for another folder or with other settings: "
                    "choose another place, or remove it."
                )
            if not lines:
                path.write_text(json.dumps(title) + "\n", encoding="utf-8")
        except OSError as error:
            raise NotWritten(
                f"{path} could not be written: {error.strerror}. Choose another place."
            ) from error
        return cls(path, dict(filter(None, map(_checked, lines[1:]))))

    def __contains__(self, recording: Recording) -> bool:
        try:
            return _state(recording) in self.values
        except OSError:
            return False

    def __getitem__(self, recording: Recording) -> Any:
        return self.values[_state(recording)]

    def add(self, recording: Recording, value: Any) -> None:
        """Keeps the value of one file; it is on the disk when this returns.

        Raises:
            NotWritten: If there is no room for it; what was kept before stays.
        """
        file = _state(recording)
        self.values[file] = value
        line = {"file": file, "value": value, "check": _check(file, value)}
        try:
            with self.path.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(line) + "\n")
                journal.flush()
                os.fsync(journal.fileno())
        except OSError as error:
            raise NotWritten(
                f"{self.path} could not be written: {error.strerror}. Make room; the same command "
                "goes on where this was."
            ) from error

    def remove(self) -> None:
        """Removes the journal, once its values are where they belong."""
        self.path.unlink()


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
    return [_parsed(line) for line in whole.splitlines()]


def _parsed(line: bytes) -> Any:
    """A line's content, or `None` if it is damaged."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _check(file: str, value: Any) -> int:
    """A checksum of a line's content."""
    return zlib.crc32(json.dumps([file, value]).encode())


def _checked(line: Any) -> tuple[str, Any] | None:
    """A file and its value; `None` for a line that is damaged, or of an earlier version."""
    if not isinstance(line, dict) or not {"file", "value", "check"} <= line.keys():
        return None
    file, value = line["file"], line["value"]
    return (file, value) if line["check"] == _check(file, value) else None
