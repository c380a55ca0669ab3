"""Runs the trials of a search, shows how far it is, and writes what it leaves."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from keras_tuner.engine.trial import Trial, TrialStatus

from kerasaudio.cluster.executor import Machines
from kerasaudio.data.parallel import operation_threads
from kerasaudio.data.progress import duration
from kerasaudio.tuning import best_trial, trials
from kerasaudio.tuning.stacks.runtime import use_one_thread_per_operation
from kerasaudio.tuning.tuner import Tuner

CALLS = 100  # trials that one process trains alone: each leaves some 8 MB behind


@contextmanager
def workers(tuner: Tuner, machines: Machines) -> Iterator[None]:
    """Trains the tuner's trials on other processes or machines, within the `with` block.

    Args:
        tuner: The tuner.
        machines: The processes and machines; the tuner's own process if there are none.

    Raises:
        UserError: If they cannot be used.
    """
    if not machines:
        yield
        return
    if tuner.oracle.learns:
        print(f"blocks    of up to {tuner.oracle.block} trials are drawn together")
    stacked = tuner.all_stacked()
    if stacked:
        use_one_thread_per_operation()
    needs = (operation_threads(), 0 if stacked else CALLS)
    with machines.executor(tuner.work.check, *needs, gpus=True) as tuner.executor:
        try:
            # what the front end precomputes is in the cache then, for all who share it
            tuner.load(tuner.work.first.data, tuner.work.first.frontend)
            yield
        finally:
            tuner.executor = None


def run_trials(tuner: Tuner, folder: Path) -> None:
    """Runs the trials that are left and writes their files after each stack or single trial.

    Args:
        tuner: The tuner.
        folder: The search's folder.

    Raises:
        UserError: If a file cannot be written.
    """
    before = len(tuner.ended())
    print(f"search    {folder}: {before} trials done, {_of(tuner.limit)}")
    started = time.monotonic()

    def report(ended: list[Trial]) -> None:
        table = _write_files(tuner, ended, folder)
        pace = (time.monotonic() - started) / (len(tuner.ended()) - before)
        _show_progress(tuner, table, pace)

    tuner.search(report)
    if sys.stdout.isatty():
        print()
    if tuner.stacked:
        print(
            f"trained   {tuner.stacked} trials together, in stacks, {tuner.alone} one after the "
            "other"
        )
    if failed := sum(trial.status == TrialStatus.FAILED for trial in tuner.ended()):
        print(f"failed    {failed} trials: {folder / 'failed.csv'} has the reasons")


def _write_files(tuner: Tuner, ended: list[Trial], folder: Path) -> pd.DataFrame:
    """Writes what is new once trials have ended, and returns the table of all trials."""
    table = trials.trials_table(tuner)
    trials.write_trials(table, folder)
    trials.write_failed(tuner, folder)
    for trial in ended:
        trials.write_hparams(tuner, trial, folder)
    if len(table) and (best := table.trial.iloc[0]) in tuner.trained:
        tuner.trained[best].write(folder / best_trial.WEIGHTS, best)
    return table


def _show_progress(tuner: Tuner, table: pd.DataFrame, pace: float) -> None:
    """Prints how far the search is; on a terminal the line is overwritten."""
    done, limit = len(tuner.ended()), tuner.limit
    best = f"best {tuner.objective} {table.objective.iloc[0]:.4f}" if len(table) else "none so far"
    left = f", {duration((limit - done) * pace)} left" if limit else ""
    line = f"trial {done} {_of(limit)}  {best}  {pace:.2f} s a trial{left}"
    if sys.stdout.isatty():
        print(f"\r{line}\033[K", end="", flush=True)
    else:
        print(line, flush=True)


def _of(limit: int | None) -> str:
    return f"of {limit}" if limit else "(the strategy says when to stop)"
