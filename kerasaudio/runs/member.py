"""Trains one run of a series, in this process or in one that knows nothing but what is here."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from kerasaudio.cluster.executor import HERE
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment
from kerasaudio.runs.folder import Run
from kerasaudio.runs.lock import Locked
from kerasaudio.runs.train import own_file, resume, train
from kerasaudio.training.backend import import_keras
from kerasaudio.training.cache import Cache
from kerasaudio.training.precompute import load_splits

ENDING = 60  # seconds in which the process of a machine that was given up ends

Member = tuple[str, Experiment]  # name of its folder, and what it trains


@dataclass(frozen=True)
class Work:
    """What the runs of a series have in common.

    Args:
        path: Folder of the series.
        name: Name of the experiment.
        root: The data root.
        cache: Cache of what the front end precomputes, or `None`.
        file: The series' experiment file, where that defines classes of its own.
        ending: Seconds that another process may take to leave the folder of a run.
    """

    path: Path
    name: str
    root: Path
    cache: Cache | None
    file: str | None
    ending: float = 0

    def elsewhere(self) -> Work:
        """Returns the same work as other processes are told it."""
        return replace(
            self,
            path=self.path.absolute(),
            root=self.root.absolute(),
            cache=self.cache and replace(self.cache, machines=HERE),
            file=self.file or own_file(self.name),
            ending=ENDING,
        )

    def check(self, experiment: Experiment, members: str, content: str | None) -> None:
        """Checks that this process sees the series' folder and reads the same data.

        Args:
            experiment: The experiment of a member.
            members: The hash of its examples' names that the first process has.
            content: The hash of its examples' content that the first process has.

        Raises:
            UserError: If it does not.
        """
        import_keras()
        if not self.path.is_dir():
            raise UserError(f"there is no {self.path}: runs need a disk that all machines share.")
        splits = load_splits(experiment, self.root)
        if (splits.members_hash(), splits.content) != (members, content):
            raise UserError(f"{self.root} holds other data there than on the first machine.")

    def train(self, member: Member) -> None:
        """Trains a member, or finishes its training, into its folder.

        A run whose machine died goes on where it was, once nothing holds its folder any more.

        Args:
            member: The member.

        Raises:
            UserError: If it cannot be trained.
        """
        name, experiment = member
        run, until = Run(self.path / name), time.monotonic() + self.ending
        while not run.finished:
            try:
                if run.begun:
                    resume(run.path, self.file, self.root, self.cache)
                else:
                    shutil.rmtree(run.path, ignore_errors=True)
                    train(experiment, self.name, self.root, run.path, self.cache)
            except Locked:
                if time.monotonic() > until:
                    raise
                time.sleep(1)
