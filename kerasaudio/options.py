"""What the commands share: options, the data root, and errors that are one line."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kerasaudio.errors import UserError
from kerasaudio.experiment import SEEDS, DataSet, Experiment
from kerasaudio.experiment.catalogue import Entry, load, names

if TYPE_CHECKING:
    from kerasaudio.training.cache import Cache

INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UserErrors: one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} ({self.prog} --help shows the options)")


def parser(command: str, doc: str) -> Parser:
    """The parser of `python -m kerasaudio.COMMAND`, described by its module's docstring."""
    first, _, rest = doc.strip().partition("\n")
    return Parser(
        prog=f"python -m kerasaudio.{command}",
        description=first,
        epilog=rest.strip() or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_experiment(options: argparse.ArgumentParser) -> None:
    """--experiment, --set, --list, and where data and runs are."""
    options.add_argument(
        "--experiment",
        metavar="NAME",
        help="an experiment's name, or the path of your own .py file",
    )
    options.add_argument("--list", action="store_true", help="show all experiments and stop")
    options.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a field, such as fit.epochs=3",
    )
    add_data(options)
    options.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="where runs go (%(default)s)",
    )
    options.add_argument(
        "--seed", type=seed, metavar="N", help="seed of the fit and of splits that are drawn"
    )


def add_data(options: argparse.ArgumentParser) -> None:
    """--data."""
    options.add_argument(
        "--data",
        type=Path,
        metavar="ROOT",
        help="folder that holds the data sets (data; a stand-in without one)",
    )


def add_cache(options: argparse.ArgumentParser) -> None:
    """--cache and --cache-limit."""
    options.add_argument(
        "--cache",
        type=Path,
        default=cache_folder(),
        metavar="FOLDER",
        help="what is computed once is kept (%(default)s)",
    )
    options.add_argument(
        "--cache-limit",
        type=size,
        default=size("10GB"),
        metavar="SIZE",
        help="of it all, 0 for no cache (10GB)",
    )


def cache_folder() -> Path:
    """Where the user's programs keep what can be computed again."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "kerasaudio"


def cache(arguments: argparse.Namespace) -> Cache | None:
    """The cache that --cache and --cache-limit ask for."""
    from kerasaudio.training.cache import Cache

    return Cache(arguments.cache, arguments.cache_limit) if arguments.cache_limit else None


def size(text: str) -> int:
    """Bytes from 10GB, 1.5 TB, 500MB or a plain number, for argparse."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:([kMGT])B)?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: expected one such as 10GB or 500MB")
    return int(float(found[1]) * 1000 ** " kMGT".index(found[2] or " "))


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def seed(text: str) -> int:
    """A whole number from 0 to 2**32 - 1, for argparse."""
    if not text.isdecimal() or int(text) >= SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {SEEDS - 1}")
    return int(text)


def show_names() -> None:
    """Every experiment with its first docstring line."""
    found = names()
    width = max(map(len, found), default=0)
    for name, title in found.items():
        print(f"{name:{width}}  {title}")


def requested(arguments: argparse.Namespace) -> tuple[Entry, Experiment]:
    """The experiment asked for, and its value with --set and --seed applied."""
    if not arguments.experiment:
        raise UserError("--experiment is missing: expected a name; --list shows all.")
    entry = load(arguments.experiment)
    return entry, adjusted(entry.experiment, arguments.set, arguments.seed)


def adjusted(experiment: Experiment, assignments: Sequence[str], seed: int | None) -> Experiment:
    """The experiment with fields set; a seed goes into the fit and into a data set that has one."""
    from kerasaudio.experiment import fields

    experiment = fields.override(experiment, *assignments)
    return experiment if seed is None else seeded(experiment, seed)


def seeded(experiment: Experiment, seed: int) -> Experiment:
    """The experiment under another seed."""
    data: Any = experiment.data
    if is_dataclass(data) and hasattr(data, "seed"):
        data = replace(data, seed=seed)  # type: ignore[type-var]
    return replace(experiment, data=data, fit=replace(experiment.fit, seed=seed))


def data_root(data: Path | None, runs: Path, experiment: Experiment) -> Path:
    """`--data`, else `data` where it holds the set, else a stand-in, which is made below `runs` where it is missing."""
    if data is not None:
        return data
    if (Path("data") / experiment.data.folder).exists():
        return Path("data")
    root = runs / "standin"
    if not (root / experiment.data.folder).exists():
        try:
            _make_standin(experiment.data, root)
        except OSError as error:
            raise UserError(
                f"The stand-in could not be made in {root}: {error.strerror}. Set --runs."
            ) from error
    print(
        f"STAND-IN  data/{experiment.data.folder} was not found: this runs on synthetic data, made in {root}"
    )
    return root


def _make_standin(data: DataSet, root: Path) -> None:
    """The whole stand-in or nothing of it."""
    from kerasaudio.data import standin

    standin.write_marker(root)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=root) as partial:
        data.write_standin(Path(partial))
        (root / data.folder).parent.mkdir(parents=True, exist_ok=True)
        (Path(partial) / data.folder).rename(root / data.folder)


def duration(seconds: float) -> str:
    """Seconds as a person reads them: 0.4 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes} min {rest:02d} s"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60:02d} min"
    )


def warn_of_standin(stamp: Mapping[str, Any]) -> None:
    """Say on stderr that a model was trained on synthetic data, where its scores' stamp says so."""
    if stamp["synthetic"]:
        print(
            "STAND-IN  the model was trained on synthetic data: it knows nothing of real sound",
            file=sys.stderr,
        )


def import_keras() -> float:
    """Import TensorFlow and Keras; the seconds that took."""
    started = time.perf_counter()
    if "keras" not in sys.modules:
        gc.disable()  # or a third of the time goes by in looking for garbage among a million new objects
        with _native_messages_kept_back():
            import keras  # noqa: F401
        gc.freeze()
        gc.enable()

    logging.getLogger("tensorflow").setLevel(
        logging.ERROR
    )  # several runs in a process are no reason to warn
    return time.perf_counter() - started


@contextlib.contextmanager
def _native_messages_kept_back() -> Iterator[None]:
    """TensorFlow's libraries greet on stderr while they load, whatever the log level; shown where loading fails."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def run(
    command: Callable[[Sequence[str] | None], int | None], arguments: Sequence[str] | None = None
) -> NoReturn:
    """Run a command and exit: a UserError is one line on stderr and code 2, Ctrl-C is code 130."""
    try:
        code = command(arguments) or 0
    except UserError as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        code = 2
    except KeyboardInterrupt as stop:
        print(f"\n{stop}" if str(stop) else "\nstopped.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        code = 1
    sys.exit(code)
