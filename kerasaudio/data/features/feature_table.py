"""The feature table of a folder of recordings, computed by several processes."""

from __future__ import annotations

import csv
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Literal

from kerasaudio.cluster.executor import HERE, Machines
from kerasaudio.data.features import recordings
from kerasaudio.data.features.journal import Journal
from kerasaudio.data.features.recordings import COLUMNS, Recording, Row
from kerasaudio.data.files import check_sizes, refuse_link, sizes, write_text
from kerasaudio.data.parallel import as_done, elsewhere, one_by_one, processors
from kerasaudio.data.progress import Progress, duration
from kerasaudio.data.tables.csv_text import safe_cell
from kerasaudio.errors import UserError

Compute = Callable[[Recording], list[Row] | UserError]
Results = Iterator[tuple[Recording, list[Row] | UserError]]

# If this process is killed, another one of Python's removes its semaphores, and warns of them.
QUIET = "ignore:resource_tracker:UserWarning"


@dataclass(frozen=True)
class Written:
    """What `write` has done.

    Args:
        rows: Number of rows of the table.
        files: Number of recordings that have rows.
        failed: Number of recordings that cannot be read and were left out.
        time: How long it took and how fast it was, as text.
    """

    rows: int
    files: int
    failed: int
    time: str


def write(folder: Path, out: Path, seconds: Literal[3, 30], machines: Machines = HERE) -> Written:
    """Writes the feature table of all recordings below a folder.

    Finished rows are kept in a journal beside the table: interrupted, the same call goes on where
    it was. Recordings that cannot be read are named on stderr and left out.

    Args:
        folder: Folder of the recordings; the folder that a file is in is its label.
        out: The table, a CSV file that is not there yet.
        seconds: Length of a row's piece; see `recordings.cut`.
        machines: The processes or machines; without any, a process for each processor.

    Raises:
        UserError: If there are no recordings, none of them can be read, the table is there
            already or cannot be written, or `machines` cannot be used.
    """
    found = recordings.find(folder)
    journal = _journal(out, folder, seconds)
    missing = [recording for recording in found if recording not in journal]
    if len(missing) < len(found):
        print(f"go on     {len(found) - len(missing)} of {len(found)} files were done before")
    failed = 0
    compute = partial(rows_or_reason, seconds=seconds)
    with Progress("features", len(missing), "rows") as progress:
        for recording, rows in _results(compute, missing, machines):
            if isinstance(rows, UserError):
                failed += 1
                progress.say(f"passed over: {rows}")
                progress.advance(0)
            else:
                journal.add(recording, rows)
                progress.advance(len(rows))
    time = f"{duration(progress.seconds())}, {progress.pace()}"
    return Written(_finish(out, journal, found), len(found) - failed, failed, time)


def _journal(out: Path, folder: Path, seconds: int) -> Journal:
    refuse_link(out)
    if out.exists():
        raise UserError(
            f"{out} is there already: choose another --out, or remove it to compute it anew."
        )
    title = {"folder": str(folder.resolve()), "seconds": seconds, "columns": list(COLUMNS)}
    return Journal.open(out.with_name(f"{out.name}.journal"), title)


def _finish(out: Path, journal: Journal, found: Sequence[Recording]) -> int:
    """Writes the table, in the order of the recordings, and returns the number of its rows."""
    rows = [row for recording in found if recording in journal for row in journal[recording]]
    if rows:
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *([safe_cell(cell) for cell in row] for row in rows)])
        write_text(out, text.getvalue())
    journal.remove()
    if not rows:
        raise UserError(f"None of {len(found)} files could be read: no table was written.")
    return len(rows)


def _results(compute: Compute, missing: Sequence[Recording], machines: Machines) -> Results:
    """Every recording with its rows, or the reason why it has none, in the order of their end."""
    if machines.address and missing:
        here = sizes([recording.path for recording in missing])
        return elsewhere(machines, partial(check_sizes, here), compute, missing)
    return _in_processes(min(machines.workers or processors(), len(missing)), compute, missing)


def _in_processes(number: int, compute: Compute, missing: Sequence[Recording]) -> Results:
    """In processes that need nothing but this machine; one is this process."""
    if number < 2:
        yield from one_by_one(compute, missing)
        return
    if QUIET not in sys.warnoptions:
        sys.warnoptions.append(QUIET)
    with ProcessPoolExecutor(number, get_context("spawn"), _prepare_worker) as pool:
        try:
            yield from as_done(pool, compute, missing, lambda: number)
        except BrokenProcessPool as error:
            raise UserError(
                "A worker was killed, perhaps for memory: start again with fewer --workers."
            ) from error


def rows_or_reason(recording: Recording, seconds: Literal[3, 30]) -> list[Row] | UserError:
    """Returns the rows of one recording, or the reason why it has none."""
    try:
        return recordings.rows(recording, seconds)
    except UserError as reason:
        return reason


def _prepare_worker() -> None:
    """Ctrl-C is for the first process alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose first process was killed would otherwise wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
