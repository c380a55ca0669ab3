"""Several runs of one command: seeds, protocols or folds; an interrupted series goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasaudio.data.files import write_json
from kerasaudio.data.stores.stores import data_path
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, serialization
from kerasaudio.experiment.catalogue import load_module
from kerasaudio.runs import folds, protocols, seeds
from kerasaudio.runs.folder import Run, create_folder
from kerasaudio.runs.train import resume, resume_command, train
from kerasaudio.training.cache import Cache

PLAN = "series.json"
SUMMARIES: Mapping[str, Callable[[Path, Sequence[str]], None]] = {  # each writes KIND.json
    "seeds": seeds.summarize,
    "protocols": protocols.compare,
    "folds": folds.summarize,
}


def train_series(
    path: Path,
    kind: str,
    members: Mapping[str, Experiment],
    name: str,
    root: Path,
    cache: Cache | None = None,
) -> list[Run]:
    """Trains one run for each member of a series into `path`/MEMBER, and sums them up.

    Where the first member cannot be trained, nothing is left behind.

    Args:
        path: The new folder of the series.
        kind: "seeds", "protocols" or "folds".
        members: The experiments by the names of their folders.
        name: Name of the experiment.
        root: The data root.
        cache: Cache of what the front end precomputes, or `None`.

    Raises:
        UserError: If a member cannot be trained.
    """
    plan = {
        "kind": kind,
        "name": name,
        "data": str(root.resolve()),
        "runs": {member: serialization.encode(each) for member, each in members.items()},
    }
    path = create_folder(path)
    write_json(path / PLAN, plan)
    try:
        return _run(path, members, root, cache)
    except UserError:
        if not any(Run(path / member).begun for member in members):
            shutil.rmtree(path)
        raise


def is_series(path: Path) -> bool:
    """Returns whether a folder is that of a series."""
    return (path / PLAN).is_file()


def read_plan(path: Path) -> dict[str, Any]:
    """Returns what a series consists of.

    Raises:
        UserError: If the file is damaged, or names a folder outside the series.
    """
    plan = Run(path).read(PLAN)
    names = plan["runs"] if isinstance(plan["runs"], dict) else [""]
    outside = [name for name in names if name in ("", "..") or Path(name).name != name]
    texts = all(isinstance(plan[name], str) for name in ("kind", "name", "data"))
    if outside or not texts or plan["kind"] not in SUMMARIES:
        raise UserError(f"{path / PLAN} is damaged: train again.")
    return plan


def resume_series(
    path: Path, file: str | None = None, data: Path | None = None, cache: Cache | None = None
) -> list[Run]:
    """Finishes the run that was interrupted, trains those that are missing, and sums all up.

    Args:
        path: Folder of the series.
        file: The series' experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that the series began with.
        cache: Cache of what the front end precomputes, or `None`.

    Raises:
        UserError: If the series is finished.
    """
    plan = read_plan(path)
    if (path / f"{plan['kind']}.json").is_file():
        raise UserError(f"{path} is finished: there is nothing to resume.")
    module = load_module(file) if file else None
    members = {
        member: serialization.decode(value, module) for member, value in plan["runs"].items()
    }
    return _run(path, members, data or data_path(plan["data"]), cache, file)


def _run(
    path: Path,
    members: Mapping[str, Experiment],
    root: Path,
    cache: Cache | None,
    file: str | None = None,
) -> list[Run]:
    plan = read_plan(path)
    runs = [Run(path / member) for member in members]
    try:
        for run, experiment in zip(runs, members.values(), strict=True):
            if run.finished:
                continue
            if run.begun:
                resume(run.path, file, root, cache)
            else:
                shutil.rmtree(run.path, ignore_errors=True)
                train(experiment, plan["name"], root, run.path, cache)
    except KeyboardInterrupt as stop:
        done = sum(run.finished for run in runs)
        raise KeyboardInterrupt(
            f"stopped; {done} of {len(runs)} runs are finished. "
            f"Go on with: {resume_command(path, plan['name'])}"
        ) from stop
    SUMMARIES[plan["kind"]](path, list(members))
    return runs
