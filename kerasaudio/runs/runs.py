"""The run folder: what is in it, how it is made, and what makes it whole."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from kerasaudio import __version__
from kerasaudio.experiment import fields
from kerasaudio.training import pipeline
from kerasaudio.training.cache import Cache
from kerasaudio.experiment.catalogue import load_module
from kerasaudio.data.splits import Splits
from kerasaudio.data.standin import is_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment

STACK = ("tensorflow", "keras", "keras-tuner", "librosa", "soundfile", "numpy", "pandas", "scikit-learn")

NEEDED = {  # in a run's JSON files
    "experiment.json": ("name", "experiment"),
    "environment.json": ("data",),
    "splits.json": ("members", "synthetic"),
    "scores.json": ("stamp",),
    "series.json": ("kind", "name", "data", "runs"),
}


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; a link stays one, and what is no file (a pipe, a device) is written into."""
    path = path.resolve()
    special = path.exists() and not path.is_file()
    partial = path if special else path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        if not special:
            os.replace(partial, path)
    except OSError as error:
        raise UserError(f"{path} could not be written: {error.strerror}. Choose another place.") from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    write_text(path, json.dumps(value, indent=1) + "\n")


@dataclass(frozen=True)
class Run:
    """One run's folder. Whole once scores.json is there, which is written last but for the report."""

    path: Path

    @property
    def best_model(self) -> Path:
        return self.path / "best.keras"

    @property
    def last_state(self) -> Path:
        return self.path / "last.weights.h5"

    @property
    def history(self) -> Path:
        return self.path / "history.csv"

    @property
    def begun(self) -> bool:
        """Whether all is there that is written before training: splits.json is the last of it."""
        return (self.path / "splits.json").is_file()

    @property
    def finished(self) -> bool:
        return (self.path / "scores.json").is_file()

    def read(self, name: str) -> Any:
        """A JSON file of the run. Raises UserError where it is missing or damaged."""
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
            missing = [key for key in NEEDED.get(name, ()) if key not in found]
            if missing:
                raise ValueError(f"it lacks {missing[0]!r}")
            return found
        except FileNotFoundError as error:
            seeds = sorted(self.path.glob("seed-*"))
            hint = f"; name one of its runs, such as {seeds[0]}" if seeds else ""
            raise UserError(f"{self.path} has no {name}: expected the folder of a run made by train{hint}.") from error
        except (ValueError, TypeError, OSError) as error:
            raise UserError(f"{self.path / name} is damaged ({error}): train again.") from error

    def write(self, name: str, value: Any) -> None:
        """A JSON file of the run, whole or not at all."""
        write_json(self.path / name, value)

    def experiment(self, file: str | None = None) -> Experiment:
        """The run's experiment, rebuilt. `file` is the experiment file, for classes that it defines itself."""
        return fields.decode(self.read("experiment.json")["experiment"], load_module(file) if file else None)

    @property
    def name(self) -> str:
        return str(self.read("experiment.json")["name"])

    def data_root(self) -> Path:
        """Where the run's data was."""
        return Path(self.read("environment.json")["data"])

    def load_splits(self, experiment: Experiment, root: Path, cache: Cache | None = None) -> Splits:
        """The splits that the run was trained on. Raises UserError where `root` holds other data now."""
        splits = pipeline.load_splits(experiment, root, cache)
        described = self.read("splits.json")
        same = (splits.members_hash(), is_standin(root)) == (described["members"], described["synthetic"])
        if not same or splits.content_hash() != (described.get("content") or splits.content_hash()):
            raise UserError(f"{self.path} was trained on other data than {root} holds now: give --data, or train anew.")
        return splits


def free_name(runs: Path, name: str) -> Path:
    """`runs/NAME-001`, or the first number that is not taken. Nothing is made."""
    file, _, member = name.partition(":")
    stem = "-".join(filter(None, (Path(file).stem if file.endswith(".py") else file, member)))
    number = 1
    while (runs / f"{stem}-{number:03d}").exists():
        number += 1
    return runs / f"{stem}-{number:03d}"


def create_folder(path: Path) -> Path:
    """Make a folder that is not there yet. Raises UserError where that is not possible."""
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f"The folder {path} could not be made: {error.strerror}. Choose another with --runs."
        ) from error
    return path


@contextlib.contextmanager
def nobody_else(folder: Path) -> Iterator[None]:
    """Keep a search's folder to this process. Raises UserError where another one is at it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"Another process runs the search in {folder}: wait for it, or stop it.") from error
        except OSError:
            pass  # a drive without locks
        yield
    finally:
        os.close(handle)


def open_run(path: Path) -> Run:
    """A finished run's folder. Raises UserError for anything else, half a run included."""
    run = Run(path)
    if not path.is_dir():
        raise UserError(f"There is no run folder {path}: expected a folder made by train.")
    run.read("experiment.json")
    if not run.finished:
        raise UserError(f"{path} is half a run (no scores.json): finish it with train --resume {path}.")
    return run


def environment(data_root: Path, seed: int) -> dict[str, Any]:
    """Versions, device, seed and data root."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("CPU")
    return {
        "kerasaudio": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        **{package: _version(package) for package in STACK},
        "device": ", ".join(device.name for device in devices),
        "cpus": os.cpu_count(),
        "seed": seed,
        "data": str(data_root.resolve()),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
