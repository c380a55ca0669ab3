"""Several runs of one command: seeds, protocols or folds; an interrupted series goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kerasaudio.cluster.executor import HERE, Machines
from kerasaudio.data.files import write_json
from kerasaudio.data.parallel import elsewhere, one_by_one, operation_threads
from kerasaudio.data.stores.stores import data_path
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, serialization, with_facts
from kerasaudio.experiment.catalogue import load_module
from kerasaudio.runs import folds, protocols, seeds
from kerasaudio.runs.folder import Run, create_folder
from kerasaudio.runs.member import Member, Work
from kerasaudio.runs.train import own_file, resume_command
from kerasaudio.training.cache import Cache
from kerasaudio.training.precompute import load_splits

PLAN = "series.json"
KINDS = ("seeds", "protocols", "folds")  # their summaries are KIND.json


def train_series(
    path: Path,
    kind: str,
    members: Mapping[str, Experiment],
    name: str,
    root: Path,
    cache: Cache | None = None,
    machines: Machines = HERE,
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
        machines: The processes or machines that train runs, all of which see `path`; without any,
            this process trains one after the other.

    Raises:
        UserError: If a member cannot be trained, or `machines` cannot be used.
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
        if kind == "folds":
            folds.check_different(list(members.values()), root)
        return _run(path, members, root, cache, machines)
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
    if outside or not texts or plan["kind"] not in KINDS:
        raise UserError(f"{path / PLAN} is damaged: train again.")
    return plan


def resume_series(
    path: Path,
    file: str | None = None,
    data: Path | None = None,
    cache: Cache | None = None,
    machines: Machines = HERE,
) -> list[Run]:
    """Finishes the run that was interrupted, trains those that are missing, and sums all up.

    Args:
        path: Folder of the series.
        file: The series' experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that the series began with.
        cache: Cache of what the front end precomputes, or `None`.
        machines: See `train_series`.

    Raises:
        UserError: If the series is finished, or `machines` cannot be used.
    """
    plan = read_plan(path)
    if (path / f"{plan['kind']}.json").is_file():
        raise UserError(f"{path} is finished: there is nothing to resume.")
    module = load_module(file) if file else None
    members = {
        member: serialization.decode(value, module) for member, value in plan["runs"].items()
    }
    return _run(path, members, data or data_path(plan["data"]), cache, machines, file)


def _run(
    path: Path,
    members: Mapping[str, Experiment],
    root: Path,
    cache: Cache | None,
    machines: Machines,
    file: str | None = None,
) -> list[Run]:
    plan = read_plan(path)
    runs = [Run(path / member) for member in members]
    work = Work(path, plan["name"], root, cache, file)
    missing = [each for each, run in zip(members.items(), runs, strict=True) if not run.finished]
    try:
        for done, ((name, _), _) in enumerate(_trained(work, missing, machines), 1):
            if machines:
                print(f"finished  {path / name}, {done} of {len(missing)}", flush=True)
    except KeyboardInterrupt as stop:
        done = sum(run.finished for run in runs)
        raise KeyboardInterrupt(
            f"stopped; {done} of {len(runs)} runs are finished. "
            f"Go on with: {resume_command(path, plan['name'])}"
        ) from stop
    if plan["kind"] == "folds":
        folds.summarize(path, list(members), root, file or own_file(plan["name"]))
    elif plan["kind"] == "seeds":
        seeds.summarize(path, list(members))
    else:
        protocols.compare(path, list(members))
    return runs


def _trained(
    work: Work, missing: Sequence[Member], machines: Machines
) -> Iterator[tuple[Member, None]]:
    """Trains members, and yields each when it is finished."""
    if not machines or not missing:
        return one_by_one(work.train, missing)
    experiment = with_facts(missing[0][1], work.root)
    # what the front end precomputes is in the cache then, for all who share it
    splits = load_splits(experiment, work.root, work.cache)
    there = work.elsewhere()
    check = partial(there.check, experiment, splits.members_hash(), splits.content)
    return elsewhere(machines, check, there.train, missing, operation_threads(), gpus=True, most=1)
