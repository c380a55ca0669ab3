"""AudioSet's 527 classes of sound, by name and by MID."""

from __future__ import annotations

import csv
import difflib
from functools import cache
from pathlib import Path

from kerasaudio.errors import UserError


@cache
def classes() -> dict[str, str]:
    """Returns the name of every class by its MID, in AudioSet's order, such as /m/09x0r: Speech."""
    with (Path(__file__).parent / "audioset_labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["mid"]: row["display_name"] for row in csv.DictReader(file)}


def class_number(text: str) -> int:
    """Returns the number of a class.

    Args:
        text: Its name, in small or capital letters, or its MID.

    Raises:
        UserError: If there is no such class; the line names the nearest one.
    """
    mids, names = list(classes()), [name.lower() for name in classes().values()]
    wanted = text.strip()
    if wanted in mids:
        return mids.index(wanted)
    if wanted.lower() in names:
        return names.index(wanted.lower())
    nearest = difflib.get_close_matches(wanted.lower(), names, n=1, cutoff=0.4)
    hint = (
        f"did you mean {list(classes().values())[names.index(nearest[0])]!r}?"
        if nearest
        else "see the ontology."
    )
    raise UserError(f"AudioSet has no class {wanted!r}: expected one of 527 names or MIDs; {hint}")
