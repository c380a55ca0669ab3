"""A search: trials of an experiment's space, the best of them scored, and a page about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from kerasaudio.cluster.executor import HERE, Machines
from kerasaudio.data.files import write_json, write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment
from kerasaudio.experiment.catalogue import Entry
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.experiment.serialization import table as fields_table
from kerasaudio.reports import search_page
from kerasaudio.runs.folder import Run, create_folder, free_name
from kerasaudio.runs.lock import lock
from kerasaudio.runs.train import train
from kerasaudio.training.cache import Cache
from kerasaudio.tuning import best_trial, trials
from kerasaudio.tuning.identity import search_facts, search_folder
from kerasaudio.tuning.loaders import loaders
from kerasaudio.tuning.objectives import build_objective, objective_title, scored_metric
from kerasaudio.tuning.oracles import build_oracle
from kerasaudio.tuning.running import run_trials, workers
from kerasaudio.tuning.settings import SearchSettings
from kerasaudio.tuning.space import explored, first_experiment, point_maker
from kerasaudio.tuning.training import Work
from kerasaudio.tuning.tuner import Tuner

PAGE = "search.html"


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Args:
        folder: The search's folder.
        trials: One row for each completed trial, the best first.
        best: The experiment of the best trial.
        run: The best trial as a run, scored on the test split.
        refit: The run of `SearchSettings.refit`, or `None`.
    """

    folder: Path
    trials: pd.DataFrame
    best: Experiment
    run: Run
    refit: Run | None = None


def search(
    entry: Entry,
    settings: SearchSettings,
    root: Path,
    runs: Path,
    cache: Cache | None = None,
    machines: Machines = HERE,
) -> SearchResult:
    """Searches an experiment's space, or resumes a search that has the same settings.

    Args:
        entry: The experiment, from `catalogue.load`.
        settings: How to search.
        root: The data root.
        runs: The folder in which the search's folder is, or is made.
        cache: Cache of what front ends precompute.
        machines: The processes and machines that train the trials.

    Raises:
        UserError: If the space or the settings are of no use, if another process runs the same
            search, if no trial could be trained, or if `machines` cannot be used.
    """
    folder, tuner = open_search(entry, settings, root, runs, cache)
    with lock(folder):
        try:
            with workers(tuner, machines):
                run_trials(tuner, folder)
        except KeyboardInterrupt as stop:
            raise KeyboardInterrupt(
                f"stopped after {len(tuner.ended())} trials; the same command goes on with the "
                "others."
            ) from stop
        result = finish(entry, settings, tuner, root, folder, cache)
        if not settings.refit:
            return result
        return replace(result, refit=refit(entry, settings, result.best, root, runs, cache))


def open_search(
    entry: Entry, settings: SearchSettings, root: Path, runs: Path, cache: Cache | None
) -> tuple[Path, Tuner]:
    """Returns the folder and the tuner of a search, new or resumed.

    The folder's name has a hash of everything that decides the trials, so the same settings find
    the same folder again.

    Args:
        entry: The experiment.
        settings: How to search.
        root: The data root.
        runs: The folder in which the search's folder is, or is made.
        cache: Cache of what front ends precompute.

    Raises:
        UserError: If the space or the settings are of no use; nothing has been written then.
    """
    space = point_maker(
        entry, root, settings.assignments, settings.seed, settings.epochs, settings.select_on
    )
    points = explored(space, reserved=[*trials.COLUMNS, settings.objective])
    first = first_experiment(points)
    objective = build_objective(first.data.task, settings.objective)
    limit = settings.limit(points)
    read, load = loaders(first, root, cache)
    facts = search_facts(entry, settings, objective.name, points, read(first.data), root)
    folder = search_folder(runs, facts)
    if not folder.is_dir():
        create_folder(folder)
    write_json(folder / "search.json", facts)
    oracle = build_oracle(settings.strategy, objective, first.fit.seed, first.fit.epochs)
    tuner = Tuner(oracle, space, load, folder, limit)
    place, kept = root.absolute(), cache and replace(cache, machines=HERE)
    tuner.work = Work(first, place, kept, objective.name, facts["members"], facts["content"])
    return folder, tuner


def finish(
    entry: Entry,
    settings: SearchSettings,
    tuner: Tuner,
    root: Path,
    folder: Path,
    cache: Cache | None,
) -> SearchResult:
    """Scores the best trial on the test split, writes search.html, and returns the result.

    Args:
        entry: The experiment.
        settings: How to search.
        tuner: The tuner, whose trials have all ended.
        root: The data root.
        folder: The search's folder.
        cache: Cache of what front ends precompute.

    Raises:
        UserError: If no trial could be trained, or if a file cannot be written.
    """
    table = trials.trials_table(tuner)
    if table.empty:
        raise UserError(f"No trial of {folder} could be trained: see failed.csv for the reasons.")
    trials.write_trials(table, folder)
    number = table.trial.iloc[0]
    best = tuner.experiment(tuner.oracle.trials[number])
    splits = tuner.load(best.data, best.frontend)
    run = best_trial.score_best(number, best, entry.name, splits, root, folder, cache)
    result = SearchResult(folder, table, best, run)
    write_page(entry, settings, tuner, result)
    print(f"best      trial {number}: {trials.describe(table.iloc[0], tuner)}")
    print(f"report    {folder / PAGE}")
    return result


def write_page(entry: Entry, settings: SearchSettings, tuner: Tuner, result: SearchResult) -> None:
    """Writes search.html.

    Args:
        entry: The experiment.
        settings: How to search.
        tuner: The tuner, whose trials have all ended.
        result: What the search found.

    Raises:
        UserError: If the file cannot be written.
    """
    run, task = result.run, result.best.data.task
    page = search_page.page(
        name=entry.name,
        strategy=settings.strategy,
        provenance=run.provenance,
        splits=run.read("splits.json"),
        objective=objective_title(task, tuner.objective),
        trials=result.trials,
        names=trials.parameters(tuner),
        failed=len(tuner.ended()) - len(result.trials),
        test=run.scores.metrics[scored_metric(task, tuner.objective)].score,
        claims=[(claim.text, *claim.check(result.trials)) for claim in entry.claims],
        experiment=fields_table(result.best),
    )
    write_text(result.folder / PAGE, page)


def refit(
    entry: Entry,
    settings: SearchSettings,
    best: Experiment,
    root: Path,
    runs: Path,
    cache: Cache | None,
) -> Run:
    """Returns a new run of the best trial, trained for as long as the experiment says.

    Args:
        entry: The experiment.
        settings: How to search.
        best: The experiment of the best trial.
        root: The data root.
        runs: The folder in which the run is made.
        cache: Cache of what front ends precompute.
    """
    own = adjusted(entry.experiment, settings.assignments, settings.seed).fit
    fit = replace(best.fit, epochs=own.epochs, keep=own.keep, patience=own.patience, seed=own.seed)
    path = free_name(runs, entry.name)
    return train(replace(best, fit=fit), entry.name, root, path, cache)
