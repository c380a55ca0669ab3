"""The data root of a command: a real one, or a stand-in with synthetic data in the same layout."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from kerasaudio.data.files import own_prefix, write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Experiment

MARKER = "STANDIN.json"
SEED = 20260101


def is_standin(root: Path) -> bool:
    """Returns whether a data root holds synthetic data."""
    return (root / MARKER).is_file()


def write_marker(root: Path) -> None:
    """Writes a file into a data root that says that its data is synthetic.

    Args:
        root: The data root; it is made if needed.
    """
    root.mkdir(parents=True, exist_ok=True)
    marker = {"synthetic": True, "seed": SEED, "made by": "kerasaudio"}
    write_text(root / MARKER, json.dumps(marker) + "\n")


def data_root(data: Path | None, runs: Path, experiment: Experiment) -> Path:
    """Returns the data root of an experiment.

    Without `data` it is the folder `data`, if that has the experiment's data set. Otherwise it
    is a stand-in, which is made below `runs` if it is not there yet; a line says so.

    Args:
        data: The data root that was asked for.
        runs: Folder of the runs.
        experiment: The experiment.

    Raises:
        UserError: If the set lies in the working folder, which was not named, or if the stand-in
            cannot be made.
    """
    if data is not None:
        return data
    if experiment.data.is_below(Path("data")):
        return Path("data")
    folder = experiment.data.folder
    if experiment.data.is_below(Path()):
        raise UserError(
            f"data/{folder} was not found, but {folder} is here: add --data . for real data."
        )
    root = runs / "standin"
    if not (root / _made(folder)).exists():
        try:
            _make_standin(experiment.data, root)
        except OSError as error:
            raise UserError(
                f"The stand-in could not be made in {root}: {error.strerror}. Set --runs."
            ) from error
    print(f"STAND-IN  data/{folder} was not found: this runs on synthetic data, made in {root}")
    return root


def _make_standin(data: DataSet, root: Path) -> None:
    """Makes the whole stand-in or nothing of it."""
    write_marker(root)
    with tempfile.TemporaryDirectory(prefix=own_prefix(), dir=root) as partial:
        data.write_standin(Path(partial))
        # Another set may lie there already: GTZAN's recordings are below the folder of its table.
        shutil.copytree(partial, root, dirs_exist_ok=True)
    write_text(root / _made(data.folder), "")


def _made(folder: str) -> str:
    """Name of the file that says that a set's stand-in is whole."""
    return f"{folder.replace('/', '-')}.made"
