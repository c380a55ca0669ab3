"""The journal of predictions: an interrupted command goes on, with the same model and settings."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from kerasaudio.data.features.journal import Journal
from kerasaudio.errors import UserError
from kerasaudio.serving.listening import PredictSettings
from kerasaudio.serving.saved_model import model_hash
from kerasaudio.serving.sources import path_of


@contextlib.contextmanager
def kept_journal(
    folder: Path, settings: PredictSettings, out: Path | None
) -> Iterator[Journal | None]:
    """Yields a journal beside a table, or in the folder of events; `None` without either.

    It is removed at the end. After a failure it stays if anything is in it.

    Args:
        folder: Folder of the exported model.
        settings: What is asked.
        out: File that gets the table.

    Raises:
        UserError: If it was begun for another model or with other settings, or cannot be written.
    """
    if out:
        if out.is_dir() or not out.parent.is_dir():
            kind = "is a folder" if out.is_dir() else f"lies in no folder: {out.parent} is missing"
            raise UserError(f"{out} {kind}: name a file in a folder that is there.")
        path = out.with_name(f"{out.name}.journal")
    elif settings.events:
        path = path_of(settings.events, "events", ".journal")
    else:
        yield None
        return
    title = {name: value and str(value) for name, value in asdict(settings).items()}
    journal = Journal.open(path, {"model": model_hash(folder), **title})
    if journal.values:
        print(f"go on     {len(journal.values)} files were done before", file=sys.stderr)
    try:
        yield journal
    except UserError:
        if not journal.values:
            journal.remove()
        raise
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("stopped; the same command goes on where this was.") from stop
    journal.remove()
