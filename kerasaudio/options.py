"""Options that several commands share, and how a command is run."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kerasaudio import __version__
from kerasaudio.data.stores.stores import Requests, data_path
from kerasaudio.errors import UserError, lacking, one_line
from kerasaudio.experiment.catalogue import Entry, listed, load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.experiment.serialization import table
from kerasaudio.experiment.values import SEEDS, Experiment

if TYPE_CHECKING:
    from kerasaudio.cluster.executor import Machines
    from kerasaudio.training.cache import Cache

INTERRUPTED = 130  # exit code after Ctrl-C


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UserErrors: one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Raises the message as a UserError."""
        raise UserError(f"{message} ({self.prog} --help shows the options)")


def parser(command: str, doc: str) -> Parser:
    """Returns the parser of a command.

    Args:
        command: Name of the command.
        doc: Docstring of its module; the first line is the description, the rest follows the
            options.
    """
    first, _, rest = doc.strip().partition("\n")
    made = Parser(
        prog=f"python -m kerasaudio.{command}",
        description=first,
        epilog=rest.strip("\n") or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"kerasaudio {__version__}")
    return made


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
    add_set(options)
    options.add_argument(
        "--seed",
        type=seed,
        metavar="N",
        help="seed of the fit and of splits that are drawn, from 0 to 2**32 - 1 "
        "(default: the experiment's, usually 0); example: 7",
    )
    add_data(options)
    add_runs(options)


def add_set_name(options: argparse.ArgumentParser) -> None:
    """Adds SET, for commands that look at a data set."""
    options.add_argument(
        "name",
        metavar="SET",
        help="data set, or an experiment or own .py file that uses it; example: gtzan",
    )


def add_set(options: argparse.ArgumentParser) -> None:
    """Adds --set."""
    options.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a field of the experiment; can be given several times "
        "(default: no change); example: fit.epochs=3",
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
    Requests.set_limit(positive(text))
    return Requests.limit


def add_runs(options: argparse.ArgumentParser) -> None:
    """Adds --runs."""
    options.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="folder that gets the run folders (default: %(default)s); example: /scratch/runs",
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
        type=size,
        default=size("10GB"),
        metavar="SIZE",
        help="maximum size of the cache; 0 disables it (default: 10GB); example: 500MB",
    )
    options.add_argument(
        "--cache-memory",
        type=size,
        metavar="SIZE",
        help="memory for cached spectrograms, which are read from the cache's files where they "
        "take more; 0 always reads the files (default: a quarter of the free memory); "
        "example: 2GB",
    )


def add_machines(options: argparse.ArgumentParser, what: str) -> None:
    """Adds --workers and --cluster.

    Args:
        options: The parser.
        what: What is done elsewhere, such as "trials".
    """
    options.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help=f"processes of this machine for {what}, each with a share of its GPUs "
        "(default: this process alone); needs Ray; example: 2",
    )
    options.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help=f"Ray cluster for {what}, which this machine belongs to: its address, or auto; start "
        "it with RAY_AUTH_MODE=token, or everybody who reaches it can run programs there, and "
        "with RAY_worker_niceness=0, or other programs go first (default: none); "
        "example: 10.0.0.1:6379",
    )


def machines(chosen: argparse.Namespace) -> Machines:
    """Returns what --workers and --cluster ask for.

    Raises:
        UserError: If both are given.
    """
    from kerasaudio.cluster.executor import Machines

    if chosen.workers and chosen.cluster:
        raise UserError(
            "--workers are processes of this machine and --cluster has its own: set only one."
        )
    return Machines(chosen.workers, chosen.cluster)


def cache_folder() -> Path | None:
    """Returns the folder in which the user's programs keep what can be computed again.

    It is `None` for a user without a home folder, as containers may have.
    """
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(home) if home else Path("~/.cache").expanduser()) / "kerasaudio"
    except RuntimeError:
        return None


def cache(chosen: argparse.Namespace) -> Cache | None:
    """Returns the cache that --cache, --cache-limit and --cache-memory ask for, or `None`."""
    from kerasaudio.training.cache import Cache, Memory

    if not chosen.cache_limit:
        return None
    if chosen.cache is None:
        print("cache     none, there is no home folder: name one with --cache")
        return None
    return Cache(chosen.cache, chosen.cache_limit, Memory(chosen.cache_memory))


def size(text: str) -> int:
    """Returns bytes from a text such as 10GB, 1.5 TB, 500MB or a plain number, for argparse."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:([kMGT])B)?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: expected one such as 10GB or 500MB")
    return int(float(found[1]) * 1000 ** " kMGT".index(found[2] or " "))


def positive(text: str) -> int:
    """Returns a whole number of at least 1, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def seed(text: str) -> int:
    """Returns a whole number from 0 to 2**32 - 1, for argparse."""
    if not text.isdecimal() or int(text) >= SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {SEEDS - 1}")
    return int(text)


def folder_name(text: str) -> str:
    """Returns a name that a folder can have everywhere, for argparse."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a folder: expected letters, digits, '_', '.', '+' and '-'"
        )
    return text


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


def run(
    command: Callable[[Sequence[str] | None], int | None], arguments: Sequence[str] | None = None
) -> NoReturn:
    """Runs a command and exits: a UserError is one line and code 2, Ctrl-C is code 130.

    So is what the machine lacks: room on the disk, memory, open files, or a permission.

    Args:
        command: The command's `main`.
        arguments: Its arguments; `None` takes those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        code = command(arguments) or 0
        sys.stdout.flush()
    except UserError as error:
        print("error:", one_line(str(error)), file=sys.stderr)
        code = 2
    except KeyboardInterrupt as stop:
        print(f"\n{stop}" if str(stop) else "\nstopped.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        code = 1
    except Exception as error:
        reason = lacking(error)
        if reason is None:
            raise
        print("error:", one_line(reason), file=sys.stderr)
        code = 2
    _close_stdout()
    sys.exit(code)


def _close_stdout() -> None:
    """What cannot be printed any more, as into a full disk, is dropped without a traceback."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
