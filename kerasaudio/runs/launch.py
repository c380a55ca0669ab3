"""Starts what `train` was asked for: one run, or one for each seed, protocol or fold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kerasaudio.cluster.executor import HERE, Machines
from kerasaudio.data.standins.standin import data_root
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, with_facts
from kerasaudio.experiment.catalogue import Entry
from kerasaudio.runs import folds, protocols, seeds, series
from kerasaudio.runs.folder import Run, free_name
from kerasaudio.runs.train import resume, train
from kerasaudio.training.cache import Cache
from kerasaudio.training.first_layer import first_layer


@dataclass(frozen=True)
class Settings:
    """Where runs go and how many there are.

    Args:
        data: The data root, or `None` for the default.
        runs: Folder that gets the run folders.
        seed: First seed of several runs, or `None` for 0.
        seeds: Number of seeds, or `None` for one run.
        name: Name of the folder, or `None` for the experiment's with the next number.
        folds: Number of folds that test in turn, or `None` for one run.
        machines: The processes or machines that train several runs, or fill the cache for one.
    """

    data: Path | None = None
    runs: Path = Path("runs")
    seed: int | None = None
    seeds: int | None = None
    name: str | None = None
    folds: int | None = None
    machines: Machines = HERE

    def seed_range(self) -> range | None:
        """Returns the seeds that were asked for, `None` if none were."""
        first = self.seed or 0
        return range(first, first + self.seeds) if self.seeds else None


def start(
    entry: Entry,
    experiment: Experiment,
    settings: Settings,
    splits: str | None = None,
    cache: Cache | None = None,
) -> list[Run]:
    """Trains new runs into the named folder, or the first one that is free.

    Args:
        entry: The experiment's entry in the catalogue.
        experiment: The experiment, with all fields set.
        settings: Where runs go and how many there are.
        splits: Values of `data.split` separated by commas, or `None`.
        cache: Cache of what the front end precomputes, or `None`.

    Raises:
        UserError: If the data or the experiment is not as expected.
    """
    root = data_root(settings.data, settings.runs, experiment)
    print(f"{entry.name}: {entry.title}")
    path = _new_folder(settings, entry.name)
    several, kind = settings.seed_range(), "seeds"
    if splits:
        kind, members = "protocols", protocols.under(experiment, splits.split(","))
    elif settings.folds:
        kind, members = "folds", folds.under(experiment, settings.folds, several)
    elif several:
        members = seeds.under(experiment, several)
    else:
        _check_of_use(experiment, root, cache, settings.machines)
        return [train(experiment, entry.name, root, path, cache)]
    places = (entry.name, root, cache, settings.machines)
    return series.train_series(path, kind, members, *places)


def _check_of_use(
    experiment: Experiment, root: Path, cache: Cache | None, machines: Machines
) -> None:
    """Raises UserError if machines are given that have nothing to do for one run."""
    if machines and (cache is None or first_layer(with_facts(experiment, root)) is None):
        raise UserError(
            "--workers and --cluster train several runs (--seeds, --folds, --protocols), or fill "
            "the cache for one: this run has nothing to compute ahead; leave them out."
        )


def _new_folder(settings: Settings, name: str) -> Path:
    if not settings.name:
        return free_name(settings.runs, name)
    path = settings.runs / settings.name
    if path.exists():
        raise UserError(f"--name {settings.name}: {path} is there; choose another name.")
    return path


def go_on(
    path: Path, file: str | None, data: Path | None, cache: Cache | None, machines: Machines = HERE
) -> None:
    """Goes on with an interrupted run or series.

    Args:
        path: Folder of the run or series.
        file: Its experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that it began with.
        cache: Cache of what the front end precomputes, or `None`.
        machines: See `Settings`.
    """
    if series.is_series(path):
        series.resume_series(path, file, data, cache, machines)
    else:
        run = Run(path)
        _check_of_use(run.experiment(file), data or run.data_root(), cache, machines)
        resume(path, file, data, cache)
