"""Search an experiment's space with KerasTuner's oracles; an interrupted search goes on with the same command.

    python -m kerasaudio.search --experiment gtzan_mlp --strategy grid
    python -m kerasaudio.search --experiment gtzan_mlp --strategy random --trials 24 --refit

Trials are selected on validation examples and only the winner is scored on the test split. --select-on test selects on
the test split itself, as some papers did, and says so wherever the result is shown.
"""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasaudio import options
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, fields, with_facts
from kerasaudio.experiment.catalogue import Entry

if TYPE_CHECKING:
    from kerasaudio.training.cache import Cache
    from kerasaudio.tuning.oracles import Points

DEFAULT_TRIALS = 32  # where neither --trials nor the strategy says when to stop


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("search", __doc__ or "")
    options.add_experiment(parser)
    options.add_cache(parser)
    parser.add_argument(
        "--strategy", choices=("grid", "random", "bayesian", "hyperband"), default="grid"
    )
    parser.add_argument(
        "--trials",
        type=options.positive,
        metavar="N",
        help=f"all of a grid or of Hyperband, else {DEFAULT_TRIALS}",
    )
    parser.add_argument(
        "--epochs",
        type=options.positive,
        metavar="E",
        help="of a trial, where the space's are not wanted",
    )
    parser.add_argument(
        "--select-on", choices=("valid", "test"), default="valid", help="default: %(default)s"
    )
    parser.add_argument(
        "--refit", action="store_true", help="train the winner as long as the experiment says"
    )
    chosen = parser.parse_args(arguments)
    if chosen.list:
        options.show_names()
        return 0
    options.import_keras()
    from kerasaudio.runs import runs

    entry, experiment = options.requested(chosen)
    root = options.data_root(chosen.data, chosen.runs, experiment)
    space = point_maker(entry, chosen, root)
    folder, tuner = open_search(entry, space, chosen, root)
    with runs.nobody_else(folder):
        try:
            run_trials(tuner, folder)
        except KeyboardInterrupt as stop:
            done = len(tuner.ended())
            raise KeyboardInterrupt(
                f"stopped after {done} trials; the same command goes on with the others."
            ) from stop
        finish(entry, experiment, tuner, folder, root, chosen)
    return 0


def point_maker(
    entry: Entry, chosen: argparse.Namespace, root: Path
) -> Callable[[Any], Experiment]:
    """The file's `space`, with what the command line sets put on top of every point."""
    if entry.space is None:
        raise UserError(
            f"{entry.name} has no search space: expected a function space(hp) in its file."
        )
    space = entry.space

    @functools.cache
    def known(data: Any) -> Any:
        return with_facts(replace(entry.experiment, data=data), root).data

    def point(hp: Any) -> Experiment:
        value = space(hp)
        if not isinstance(value, Experiment):
            raise UserError(
                f"space(hp) of {entry.name} returned {value!r}: expected an Experiment."
            )
        experiment = fields.frozen(options.adjusted(value, chosen.set, chosen.seed))
        epochs = chosen.epochs or experiment.fit.epochs
        fit = replace(experiment.fit, epochs=epochs, select_on=chosen.select_on)
        return replace(experiment, data=known(experiment.data), fit=fit)

    return point


def open_search(
    entry: Entry, space: Callable[[Any], Experiment], chosen: argparse.Namespace, root: Path
) -> tuple[Path, Any]:
    """The search's folder and its tuner. What decides the trials names the folder: the same command resumes."""
    from keras_tuner import Objective

    from kerasaudio.data.standin import is_standin
    from kerasaudio.runs import runs
    from kerasaudio.training.assemble import has_tags
    from kerasaudio.tuning import oracles
    from kerasaudio.tuning.tuner import Tuner

    points = _explored(space)
    first = next(experiment for _, experiment in points if experiment)
    limit = _limit(chosen, points)
    read, load = _loaders(first, root, options.cache(chosen))
    facts = {
        "name": entry.name,
        "experiment": fields.encode(first),
        "space": points[0][0].get_config()["space"],
        "code": _code(entry),
        "points": _hash(
            [[point.get_config()["space"], fields.encode(each)] for point, each in points]
        ),
        "strategy": chosen.strategy,
        "select_on": chosen.select_on,
        "members": read(first.data).members_hash(),
        "content": read(first.data).content_hash(),
        "synthetic": is_standin(root),
    }
    folder = (
        chosen.runs
        / f"{runs.free_name(chosen.runs, entry.name).name[:-4]}-{chosen.strategy}-{_hash(facts)[:8]}"
    )
    if not folder.is_dir():
        runs.create_folder(folder)
    runs.write_json(folder / "search.json", facts)
    objective = Objective("val_auc" if has_tags(first.data) else "val_accuracy", "max")
    oracle = oracles.build(chosen.strategy, objective, first.fit.seed, first.fit.epochs)
    oracle.verbose = 0
    return folder, Tuner(oracle, space, load, folder, limit)


def _explored(space: Callable[[Any], Experiment]) -> Points:
    """The default point of the space and its neighbours. Raises UserError for a space that can't be searched."""
    from kerasaudio.tuning import oracles
    from kerasaudio.tuning.tuner import COLUMNS

    points = oracles.explore(space)
    names = {parameter.name for point, _ in points for parameter in point.space}
    if not names:
        raise UserError(
            "The space has no hyper-parameters: expected space(hp) to ask hp for at least one value."
        )
    if taken := sorted(names & set(COLUMNS)):
        raise UserError(
            f"The space calls a hyper-parameter {taken[0]!r}, as trials.csv does a column: rename it."
        )
    if not any(experiment for _, experiment in points):
        raise UserError(
            "The space's default point is impossible, and so is all that differs from it in one value."
        )
    return points


def _code(entry: Entry) -> str | None:
    """A hash of an own experiment file, whose classes decide the trials too; comments and spaces do not count."""
    file = entry.name.partition(":")[0]
    return _hash(ast.dump(ast.parse(Path(file).read_bytes()))) if file.endswith(".py") else None


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _loaders(
    first: Any, root: Path, cache: Cache | None
) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """What gives the splits of a data set, and those of one behind a front end: each is read once for all trials."""
    from kerasaudio.training import pipeline, precompute

    @functools.cache
    def read(data: Any) -> Any:
        if hasattr(data, "incomparable") and data.protocol != first.data.protocol:
            raise UserError(
                f"The space has {first.data.protocol} and {data.protocol}: {data.incomparable}."
            )
        return pipeline.load_splits(replace(first, data=data), root)

    @functools.cache
    def load(data: Any, frontend: Any) -> Any:
        return precompute.compute(replace(first, data=data, frontend=frontend), read(data), cache)

    return read, load


def _limit(chosen: argparse.Namespace, points: Points) -> int | None:
    """Trials that the search may have; None where the strategy knows when to stop."""
    from kerasaudio.tuning import oracles

    if chosen.strategy == "grid":
        size = oracles.grid_size(points)
        return min(chosen.trials or size, size)
    return chosen.trials or (DEFAULT_TRIALS if chosen.strategy in ("random", "bayesian") else None)


def run_trials(tuner: Any, folder: Path) -> None:
    """Run what is left of the search, with progress, trials.csv and TensorBoard's HParams."""
    before = len(tuner.ended())
    print(f"search    {folder}: {before} trials done, {_of(tuner.limit)}")
    started = time.monotonic()

    def report(ended: list[Any]) -> None:
        from kerasaudio.reports import search_report  # only now: meanwhile stacks train
        from kerasaudio.tuning import best_trial

        table = search_report.trials_table(tuner)
        search_report.write_trials(table, folder)
        search_report.write_failed(tuner, folder)
        for trial in ended:
            search_report.log_hparams(tuner, trial, folder)
        if len(table) and (best := table.trial.iloc[0]) in tuner.trained:
            tuner.trained[best].write(folder / best_trial.KEPT, best)
        _show_progress(table, len(tuner.ended()), before, tuner.limit, time.monotonic() - started)

    tuner.search(report)
    if sys.stdout.isatty():
        print()
    if tuner.stacked:
        print(
            f"trained   {tuner.stacked} trials together, in stacks, {tuner.alone} one after the other"
        )
    if failed := sum(trial.status == "FAILED" for trial in tuner.ended()):
        print(f"failed    {failed} trials: {folder / 'failed.csv'} has the reasons")


def _show_progress(table: Any, done: int, before: int, limit: int | None, seconds: float) -> None:
    pace = seconds / (done - before)
    best = f"best {table.objective.max():.4f}" if len(table) else "none completed"
    left = f", {options.duration((limit - done) * pace)} left" if limit else ""
    line = f"trial {done} {_of(limit)}  {best}  {pace:.2f} s a trial{left}"
    print(
        f"\r{line}\033[K" if sys.stdout.isatty() else line,
        end="" if sys.stdout.isatty() else "\n",
        flush=True,
    )


def _of(limit: int | None) -> str:
    return f"of {limit}" if limit else "(the strategy says when to stop)"


def finish(
    entry: Entry,
    experiment: Experiment,
    tuner: Any,
    folder: Path,
    root: Path,
    chosen: argparse.Namespace,
) -> None:
    """Score the winner on the test split, write search.html, and refit where that was asked for."""
    from kerasaudio.reports import search_report
    from kerasaudio.runs import runs
    from kerasaudio.train import train
    from kerasaudio.tuning import best_trial

    table = search_report.trials_table(tuner)
    if table.empty:
        raise UserError(f"No trial of {folder} could be trained: see failed.csv for the reasons.")
    search_report.write_trials(table, folder)
    number = table.trial.iloc[0]
    best = tuner.experiment(tuner.oracle.trials[number])
    run = runs.Run(folder / "winner")
    best_trial.score(
        best, number, entry.name, tuner.load(best.data, best.frontend), run, root, chosen
    )
    search_report.write_page(tuner, table, entry, best, run, folder)
    print(f"winner    trial {number}: {search_report.describe(table.iloc[0], tuner)}")
    print(f"report    {folder / 'search.html'}")
    if chosen.refit:
        whole = {
            name: getattr(experiment.fit, name) for name in ("epochs", "keep", "patience", "seed")
        }
        path = runs.free_name(chosen.runs, entry.name)
        train(
            replace(best, fit=replace(best.fit, **whole)),
            entry.name,
            root,
            path,
            options.cache(chosen),
        )


if __name__ == "__main__":
    options.run(main)
