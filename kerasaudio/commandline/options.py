"""Options that several commands share, and what they ask for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasaudio.commandline import values
from kerasaudio.data.stores.stores import Requests, data_path
from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import Entry, listed, load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.experiment.serialization import table
from kerasaudio.experiment.values import Experiment

if TYPE_CHECKING:
    from kerasaudio.cluster.executor import Machines
    from kerasaudio.training.cache import Cache


def add_experiment(options: argparse.ArgumentParser) -> None:
    """Adds --experiment, --list, --set, --seed, --data and --runs."""
    options.add_argument(
        "--experiment",
        metavar="NAME",
        help="experiment to run: a name that --list shows, or the path of your own .py file; "
        "example: gtzan_mlp",
    )
    options.add_argument(
        "--list",
        action="store_true",
        help="show all experiments with their weights, data and whether they can be searched",
    )
    add_set(options, "experiment", "fit.epochs=3")
    options.add_argument(
        "--seed",
        type=values.seed,
        metavar="N",
        help="seed of the fit and of splits that are drawn, from 0 to 2**32 - 1 "
        "(default: the experiment's, usually 0); example: 7",
    )
    add_data(options)
    add_runs(options, "run folders")


def add_set_name(options: argparse.ArgumentParser, text: str) -> None:
    """Adds SET, the data set that a command looks at, and --set for its fields."""
    options.add_argument("name", metavar="SET", help=text)
    add_set(options, "data set", "data.seed=1")


def add_set(options: argparse.ArgumentParser, what: str, example: str) -> None:
    """Adds --set, which changes a field of something."""
    options.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"change a field of the {what}; can be given several times "
        f"(default: no change); example: {example}",
    )


def add_data(options: argparse.ArgumentParser) -> None:
    """Adds --data and --requests."""
    add_root(
        options,
        "folder that holds the data sets, or its address in a store (default: data if it has the "
        "set, otherwise a synthetic stand-in is made); example: s3://bucket/datasets",
    )


def add_root(options: argparse.ArgumentParser, text: str, required: bool = False) -> None:
    """Adds --data and --requests."""
    options.add_argument("--data", type=data_path, metavar="ROOT", required=required, help=text)
    options.add_argument(
        "--requests",
        type=_requests,
        default=Requests.limit,
        metavar="N",
        help="files that are read from a store at the same time (default: %(default)s); example: 8",
    )


def _requests(text: str) -> int:
    """Sets how many files of stores this process reads at the same time, for argparse."""
    Requests.set_limit(values.positive(text))
    return Requests.limit


def add_runs(options: argparse.ArgumentParser, gets: str) -> None:
    """Adds --runs."""
    options.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help=f"folder that gets the {gets} (default: %(default)s); example: /scratch/runs",
    )


def add_run(options: argparse.ArgumentParser) -> None:
    """Adds RUN, and what is needed to load the run's data again: --data and --experiment."""
    options.add_argument("run", type=Path, metavar="RUN", help="run folder made by train")
    add_run_data(options)


def add_run_data(options: argparse.ArgumentParser) -> None:
    """Adds --data, --requests and --experiment for commands that load a run's data again."""
    add_root(
        options,
        "data root, if the data was moved (default: the one that the run was trained with); "
        "example: /datasets",
    )
    add_own_file(options)


def add_own_file(options: argparse.ArgumentParser) -> None:
    """Adds --experiment for commands that load a run."""
    options.add_argument(
        "--experiment",
        metavar="FILE",
        help="the run's own experiment file, needed only if that file defines classes "
        "(default: none); example: mine.py",
    )


def add_cache(options: argparse.ArgumentParser) -> None:
    """Adds --cache, --cache-limit and --cache-memory."""
    options.add_argument(
        "--cache",
        type=Path,
        default=cache_folder(),
        metavar="FOLDER",
        help="folder for spectrograms that are computed once and used again "
        "(default: %(default)s); example: /scratch/cache",
    )
    options.add_argument(
        "--cache-limit",
        type=values.size,
        default=values.size("10GB"),
        metavar="SIZE",
        help="maximum size of the cache; 0 disables it (default: 10GB); example: 500MB",
    )
    options.add_argument(
        "--cache-memory",
        type=values.size,
        metavar="SIZE",
        help="memory for cached spectrograms, which are read from the cache's files where they "
        "take more; 0 always reads the files (default: a quarter of the free memory); "
        "example: 2GB",
    )


def add_machines(options: argparse.ArgumentParser, what: str, workers: str = "") -> None:
    """Adds --workers and --cluster.

    Args:
        options: The parser.
        what: What is done elsewhere, such as "trials".
        workers: What --workers are where they are not Ray's.
    """
    options.add_argument(
        "--workers",
        type=values.positive,
        metavar="N",
        help=workers
        or f"processes of this machine for {what}, each with a share of its GPUs "
        "(default: this process alone); needs Ray; example: 2",
    )
    options.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help=f"Ray cluster for {what}, which this machine belongs to: its address, or auto; each "
        "of its machines reads the files under the same path; start it with "
        "RAY_AUTH_MODE=token, or everybody who reaches it can run programs there, and with "
        "RAY_worker_niceness=0, or its processes give way to all others (default: none); "
        "example: 10.0.0.1:6379",
    )


def machines(chosen: argparse.Namespace) -> Machines:
    """Returns what --workers and --cluster ask for; both at once are a UserError."""
    from kerasaudio.cluster.executor import machines

    return machines(chosen.workers, chosen.cluster)


def cache_folder() -> Path | None:
    """Returns the folder in which the user's programs keep what can be computed again.

    It is `None` for a user without a home folder, as containers may have.
    """
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(home) if home else Path("~/.cache").expanduser()) / "kerasaudio"
    except RuntimeError:
        return None


def cache(chosen: argparse.Namespace, machines: Machines | None = None) -> Cache | None:
    """Returns the cache that --cache, --cache-limit and --cache-memory ask for, or `None`.

    Args:
        chosen: The options.
        machines: What `machines` returned; they fill the cache.
    """
    from kerasaudio.cluster.executor import HERE
    from kerasaudio.training.cache import Cache, Memory

    if not chosen.cache_limit:
        return None
    if chosen.cache is None:
        print("cache     none, there is no home folder: name one with --cache")
        return None
    memory = Memory(chosen.cache_memory)
    return Cache(chosen.cache, chosen.cache_limit, memory, machines or HERE)


def show_list() -> None:
    """Prints a line for each experiment. Keras must be imported."""
    for line in listed():
        print(line)


def show_fields(name: str, assignments: Sequence[str]) -> None:
    """Prints every field of an experiment with its value, as `--set` takes them.

    Args:
        name: Name of the experiment.
        assignments: Changes such as "fit.epochs=3".
    """
    entry = load(name)
    print(f"{name}: {entry.title}")
    for field, value in table(adjusted(entry.experiment, assignments, None)).items():
        print(f"{field} = {value}")


def requested(chosen: argparse.Namespace) -> tuple[Entry, Experiment]:
    """Returns the experiment that was asked for, and its value with --set and --seed applied.

    Raises:
        UserError: If there is no such experiment or field.
    """
    if not chosen.experiment:
        raise UserError("--experiment is missing: expected a name; --list shows all.")
    entry = load(chosen.experiment)
    return entry, adjusted(entry.experiment, chosen.set, chosen.seed)
