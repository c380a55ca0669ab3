"""The run folder: what is in it, how it is made, and when it is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kerasaudio.data.files import write_json
from kerasaudio.data.standins.standin import is_standin
from kerasaudio.data.stores.stores import data_path
from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.experiment import Experiment, Splits, serialization
from kerasaudio.experiment.catalogue import load_module
from kerasaudio.runs import old_formats
from kerasaudio.runs.lock import is_locked
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Scores
from kerasaudio.training.cache import Cache
from kerasaudio.training.checkpoint import BEST_MODEL, HISTORY, LAST_STATE
from kerasaudio.training.precompute import load_splits

Built = TypeVar("Built")

NUMBERED = re.compile(r"(.+-)(\d{3,})")  # names of runs: gtzan_mlp-001

NEEDED = {  # members of a run's JSON files
    "experiment.json": ("name", "experiment"),
    "environment.json": ("data",),
    "splits.json": ("members", "synthetic"),
    "scores.json": ("provenance", "metrics", "labels"),
    "series.json": ("kind", "name", "data", "runs"),
}


@dataclass(frozen=True)
class Run:
    """A run's folder. It can be used once scores.json is there.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def best_model(self) -> Path:
        """The Keras model with the weights to keep."""
        return self.path / BEST_MODEL

    @property
    def last_state(self) -> Path:
        """The state that training resumes from; there until the run is whole."""
        return self.path / LAST_STATE

    @property
    def history(self) -> Path:
        """The table of losses and metrics, a row an epoch."""
        return self.path / HISTORY

    @property
    def begun(self) -> bool:
        """Whether everything is there that is written before training starts."""
        return (self.path / "splits.json").is_file()

    @property
    def scored(self) -> bool:
        """Whether the scores of the test split are there: the run can be used and compared."""
        return (self.path / "scores.json").is_file()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do. Of a run that is scored, the baselines may be left."""
        if not self.scored or self.last_state.is_file():
            return False
        return self.read("scores.json").get("baselines", ()) is not None

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return str(self.read("experiment.json")["name"])

    def read(self, name: str) -> dict[str, Any]:
        """Returns the content of one of the run's JSON files, in today's form.

        Args:
            name: Name of the file, such as "splits.json".

        Raises:
            UserError: If the file is missing or damaged.
        """
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                raise ValueError("it holds no names and values")
            found = old_formats.updated(name, found)
            missing = [key for key in NEEDED.get(name, ()) if key not in found]
            if missing:
                raise ValueError(f"it lacks {missing[0]!r}")
            return found
        except FileNotFoundError as error:
            members = sorted([*self.path.glob("seed-*"), *self.path.glob("fold-*")])
            hint = f"; name one of its runs, such as {members[0]}" if members else ""
            raise UserError(
                f"{self.path} has no {name}: expected the folder of a run made by train{hint}."
            ) from error
        except DAMAGED as error:
            raise self._damaged(name, error) from error

    def _damaged(self, name: str, error: Exception) -> UserError:
        reason = f"{type(error).__name__}: {error}"
        return UserError(f"{self.path / name} is damaged ({reason[:200]}): train again.")

    def _built(self, name: str, build: Callable[[dict[str, Any]], Built]) -> Built:
        """What is built from one of the run's JSON files; UserError if it is of another kind."""
        value = self.read(name)
        try:
            return build(value)
        except DAMAGED as error:
            raise self._damaged(name, error) from error

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Writes one of the run's JSON files, whole or not at all."""
        write_json(self.path / name, value)

    def experiment(self, file: str | None = None) -> Experiment:
        """Returns the run's experiment.

        Args:
            file: The run's experiment file, where that defines classes of its own.

        Raises:
            UserError: If it cannot be rebuilt.
        """
        module = load_module(file) if file else None
        found = self._built(
            "experiment.json", lambda value: serialization.decode(value["experiment"], module)
        )
        if not isinstance(found, Experiment):
            raise UserError(f"{self.path / 'experiment.json'} is damaged: train again.")
        return found

    @property
    def scores(self) -> Scores:
        """The scores of the test split."""
        return self._built("scores.json", Scores.from_json)

    @property
    def provenance(self) -> Provenance:
        """What the scores were measured on."""
        return self._built("scores.json", lambda value: Provenance.from_json(value["provenance"]))

    def data_root(self) -> Path:
        """Returns the data root that the run was trained with."""
        return self._built("environment.json", lambda value: data_path(value["data"]))

    def load_splits(self, experiment: Experiment, root: Path, cache: Cache | None = None) -> Splits:
        """Returns the splits that the run was trained on.

        Args:
            experiment: The run's experiment.
            root: The data root.
            cache: Cache of what the front end precomputes, or `None`.

        Raises:
            UserError: If the data root holds other data now.
        """
        splits = load_splits(experiment, root, cache)
        described = self.read("splits.json")
        same = (splits.members_hash(), is_standin(root)) == (
            described["members"],
            described["synthetic"],
        )
        if not same or splits.content != (described.get("content") or splits.content):
            raise UserError(
                f"{self.path} was trained on other data than {root} holds now: "
                "give --data, or train again."
            )
        return splits


def free_name(runs: Path, name: str) -> Path:
    """Returns the first of `runs/NAME-001`, `-002`, ... that is not taken. Nothing is made.

    Args:
        runs: Folder of all runs.
        name: Name of an experiment, or path of an experiment file.
    """
    file, _, member = name.partition(":")
    stem = "-".join(filter(None, (Path(file).stem if file.endswith(".py") else file, member)))
    stem = re.sub(r"[/\\\0\r\n]+", "-", stem)  # the folder lies in `runs`, whatever its name is
    number = 1
    while (runs / f"{stem}-{number:03d}").exists():
        number += 1
    return runs / f"{stem}-{number:03d}"


def create_folder(path: Path) -> Path:
    """Makes a folder that is not there yet, and returns it.

    Two processes may want the same name at once: if the name ends in a number, as that of a run
    does, the one that is later gets the next number.

    Args:
        path: The folder.

    Raises:
        UserError: If that is not possible.
    """
    try:
        path.mkdir(parents=True)
    except FileExistsError as error:
        numbered = NUMBERED.fullmatch(path.name)
        if not numbered or not path.is_dir():
            raise UserError(
                f"The folder {path} could not be made: it is there. Choose another with --runs."
            ) from error
        return create_folder(path.with_name(f"{numbered[1]}{int(numbered[2]) + 1:03d}"))
    except OSError as error:
        raise UserError(
            f"The folder {path} could not be made: {error.strerror}. Choose another with --runs."
        ) from error
    return path


def open_run(path: Path) -> Run:
    """Returns a run that is scored.

    Raises:
        UserError: If there is none, or only a part of one.
    """
    run = Run(path)
    if not path.is_dir():
        raise UserError(f"There is no run folder {path}: expected a folder made by train.")
    run.read("experiment.json")
    if not run.scored:
        to_do = "wait for its training" if is_locked(path) else f"go on with train --resume {path}"
        raise UserError(f"{path} is half a run (no scores.json): {to_do}.")
    return run
