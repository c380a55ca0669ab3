"""Compute the 57 features of GTZAN's published table for any folder of recordings.

python -m kerasaudio.features music --out music.csv
python -m kerasaudio.features music --out music_3_sec.csv --seconds 3 --workers 8

The folder that a file is in is its label. A row is a recording: 30 s, or more where less than 30 s are left over. Files
that cannot be read are named and passed over. Interrupted, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kerasaudio import options
from kerasaudio.data.progress import Progress
from kerasaudio.errors import UserError

if TYPE_CHECKING:
    from kerasaudio.data.recordings import Recording, Row

Result = tuple["Recording", "list[Row] | UserError"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("features", __doc__ or "")
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="recordings, or folders of them"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="TABLE.csv", help="where the table goes"
    )
    parser.add_argument(
        "--seconds", type=int, choices=(3, 30), default=30, help="length of a row (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=options.positive, default=_processors(), metavar="N", help="(%(default)s)"
    )
    return compute(parser.parse_args(arguments))


def compute(chosen: argparse.Namespace) -> int:
    """Fill the journal with the rows of all recordings that it lacks, then write the table."""
    from kerasaudio.data import recordings
    from kerasaudio.data.journal import Journal

    found = recordings.find(chosen.folder)
    journal = Journal.open(chosen.out, chosen.folder, chosen.seconds)
    missing = [recording for recording in found if recording not in journal]
    if len(missing) < len(found):
        print(f"go on     {len(found) - len(missing)} of {len(found)} files were done before")
    progress = Progress("features", len(missing), "rows")
    failed = 0
    try:
        for recording, result in results(
            missing, chosen.seconds, min(chosen.workers, len(missing))
        ):
            if isinstance(result, UserError):
                failed += 1
                progress.say(f"passed over: {result}")
            else:
                journal.add(recording, result)
            progress.advance(0 if isinstance(result, UserError) else len(result))
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("stopped; the same command goes on where this was.") from stop
    written = journal.finish(found)
    progress.clear()
    print(
        f"table     {chosen.out}: {written} rows of {len(found) - failed} files, {failed} passed over"
    )
    print(f"time      {options.duration(progress.seconds())}, {progress.pace()}")
    return 0


def results(
    missing: Sequence[Recording], seconds: Literal[3, 30], workers: int
) -> Iterator[Result]:
    """Every recording with its rows, or with the reason why it has none, as they come."""
    if workers < 2:
        for recording in missing:
            yield recording, rows_or_reason(recording, seconds)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _prepare_worker) as pool:
        waiting = {
            pool.submit(rows_or_reason, recording, seconds): recording for recording in missing
        }
        try:
            for done in as_completed(waiting):
                yield waiting.pop(done), done.result()
        except BrokenProcessPool as error:
            raise UserError(
                "A worker was killed, perhaps for memory: start again with fewer --workers."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def rows_or_reason(recording: Recording, seconds: Literal[3, 30]) -> list[Row] | UserError:
    """What one worker does with one file."""
    from kerasaudio.data import recordings

    try:
        return recordings.rows(recording, seconds)
    except UserError as reason:
        return reason


def _prepare_worker() -> None:
    """Ctrl-C is for the first process alone, and matrix products take one thread a worker (before NumPy is there)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    options.run(main)
