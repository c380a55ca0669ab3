"""Regular expressions on the names of files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from kerasaudio.errors import UserError


def find(pattern: str, file: str, field: str) -> re.Match[str] | None:
    """Returns where a pattern matches the name of a file without its suffix.

    Args:
        pattern: The regular expression.
        file: Path of the file.
        field: Name of the field that holds the pattern, for the message.

    Raises:
        UserError: If the pattern is no regular expression.
    """
    try:
        return re.search(pattern, PurePosixPath(file).stem)
    except re.error as error:
        raise UserError(f"{field} is {pattern!r}, no regular expression: {error}.") from error


def first(found: re.Match[str]) -> str:
    """Returns the first group of a match, or all of it where there is no group."""
    return (found[1] if found.re.groups else found[0]) or ""
