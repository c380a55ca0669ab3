"""Several runs of one command, under several seeds or protocols; a series that was interrupted goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from kerasaudio.experiment import fields
from kerasaudio.runs import protocols, runs, seeds
from kerasaudio import train as single
from kerasaudio.experiment.catalogue import load_module
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment

PLAN = "series.json"
SUMMARIES = {"seeds": seeds.summarise, "protocols": protocols.compare}  # each writes KIND.json


def train(path: Path, kind: str, each: dict[str, Experiment], name: str, root: Path, cache: Any) -> float:
    """Train a run a member into `path`/MEMBER, then sum them up; the seconds spent in training.

    Where the first member can't be trained, nothing is left behind.
    """
    values = {member: fields.encode(experiment) for member, experiment in each.items()}
    runs.create_folder(path)
    runs.write_json(path / PLAN, {"kind": kind, "name": name, "data": str(root.resolve()), "runs": values})
    try:
        return _run(path, each, root, cache)
    except UserError:
        if not any(runs.Run(path / member).begun for member in each):
            shutil.rmtree(path)
        raise


def is_one(path: Path) -> bool:
    """Whether this is the folder of a series."""
    return (path / PLAN).is_file()


def go_on(path: Path, file: str | None, data: Path | None, cache: Any) -> float:
    """Finish the run that was interrupted, train those that are missing, and sum all up."""
    plan = runs.Run(path).read(PLAN)
    if (path / f"{plan['kind']}.json").is_file():
        raise UserError(f"{path} is finished: there is nothing to resume.")
    module = load_module(file) if file else None
    each = {member: fields.decode(value, module) for member, value in plan["runs"].items()}
    return _run(path, each, data or Path(plan["data"]), cache, file)


def _run(path: Path, each: dict[str, Experiment], root: Path, cache: Any, file: str | None = None) -> float:
    plan = runs.Run(path).read(PLAN)
    seconds = 0.0
    try:
        for member, experiment in each.items():
            run = runs.Run(path / member)
            if run.finished:
                continue
            if run.begun:
                seconds += single.resume(run.path, file, root, cache)
            else:
                shutil.rmtree(run.path, ignore_errors=True)
                seconds += single.train(experiment, plan["name"], root, run.path, cache)
    except KeyboardInterrupt as stop:
        done = sum(runs.Run(path / member).finished for member in each)
        command = single.resume_command(path, plan["name"])
        raise KeyboardInterrupt(f"stopped; {done} of {len(each)} runs are finished. Go on with: {command}") from stop
    SUMMARIES[plan["kind"]](path, list(each))
    return seconds
