"""The experiments that there are: files, each with one experiment or a family of them.

Importing this module runs none of the files.
"""

from __future__ import annotations

import ast
import csv
import difflib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from kerasaudio.errors import UserError
from kerasaudio.experiment.values import Experiment

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

    from kerasaudio.experiment.claims import Claim

OWN_FILE = "kerasaudio_experiment_"  # with the file's stem: the module that a file is run as

FAULTS = (  # of an experiment file that runs but ends in an error
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    OSError,
)

Space = Callable[["HyperParameters"], Experiment]


@dataclass(frozen=True)
class Entry:
    """An experiment of the catalogue, loaded.

    Args:
        name: Its name.
        title: First line of the docstring of its file.
        experiment: The experiment.
        space: Function from KerasTuner's HyperParameters to one point of the search space, or
            `None`.
        claims: What a source says about that search.
        module: The file, run as a module.
    """

    name: str
    title: str
    experiment: Experiment
    space: Space | None
    claims: tuple[Claim, ...]
    module: ModuleType


def folder() -> Path:
    """Returns the folder of experiment files: in an installed wheel, else beside the package."""
    package = Path(__file__).parents[1]
    installed = package / "experiments"
    return installed if installed.is_dir() else package.parent / "experiments"


def names() -> dict[str, str]:
    """Returns each experiment's name and the first line of its docstring, without running files."""
    found = {}
    for path in sorted(folder().glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        title = (ast.get_docstring(tree) or "").partition("\n")[0]
        for member in _members(tree):
            found[f"{path.stem}:{member}" if member else path.stem] = title
    return found


def listed() -> Iterator[str]:
    """Yields a line for each experiment: its name, weights, data, search space and title.

    Runs all files of the catalogue, which import Keras.
    """
    found = names()
    with (folder() / "parameter_counts.csv").open(encoding="utf-8") as file:
        weights = {row["experiment"]: int(row["parameters"]) for row in csv.DictReader(file)}
    width = max(map(len, found), default=0)
    yield f"{'experiment':{width}}  {'weights':>10}  {'data':22}  {'search':6}  title"
    for name, title in found.items():
        entry = load(name)
        data, space = entry.experiment.data.folder, "yes" if entry.space else "no"
        yield f"{name:{width}}  {weights.get(name, 0):10,}  {data:22}  {space:6}  {title}"


def _members(tree: ast.Module) -> list[str]:
    """Keys of `experiments = {...}`, which a file writes out; [""] where there is none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "experiments":
            keys = node.value.keys  # type: ignore[attr-defined]
            return list(ast.literal_eval(ast.Tuple(keys)))
    return [""]


def load(name: str) -> Entry:
    """Returns an experiment.

    Args:
        name: "file", "file:member", or "path/to/own.py", also with ":member".

    Raises:
        UserError: If there is no such experiment, or its file cannot be run.
    """
    file, _, member = name.partition(":")
    if not file.endswith(".py") and name not in names():
        raise _unknown(name)
    module = load_module(name)
    declared = getattr(module, "experiments", None) or {"": getattr(module, "experiment", None)}
    if not isinstance(declared, Mapping):
        raise UserError(
            f"{file} has experiments of the kind {type(declared).__name__}: expected a dict from "
            "names to experiments."
        )
    experiment = declared.get(member)
    if not isinstance(experiment, Experiment):
        members = " or ".join(f"{file}:{each}" for each in declared if each)
        expected = members or "`experiment = Experiment(...)` in the file"
        raise UserError(f"{name} is no experiment: expected {expected}.")
    title = (module.__doc__ or "").strip().partition("\n")[0]
    space = getattr(module, "spaces", {}).get(member, getattr(module, "space", None))
    return Entry(name, title, experiment, space, getattr(module, "claims", ()), module)


def load_module(name: str) -> ModuleType:
    """Returns an experiment's file, run as a module of its own.

    Args:
        name: Name of the experiment, as for `load`.

    Raises:
        UserError: If there is no such file, or it cannot be run.
    """
    file = name.partition(":")[0]
    path = Path(file) if file.endswith(".py") else folder() / f"{file}.py"
    if not path.is_file():
        raise _unknown(name)
    try:
        return run_file(path)
    except (ImportError, SyntaxError) as error:
        raise UserError(f"{path} could not be loaded: {error}.") from error
    except FAULTS as error:
        raise broken(path, error) from error


def broken(path: Path, error: Exception) -> UserError:
    """Returns what went wrong in an experiment file, and in which of its lines, as a UserError.

    Args:
        path: The file.
        error: One of `FAULTS`.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    where = f", line {lines[-1]}" if lines else ""
    return UserError(f"{path}{where}, could not be run: {type(error).__name__}: {error}")


def _unknown(name: str) -> UserError:
    if name.partition(":")[0].endswith(".py"):
        return UserError(f"There is no experiment file {name}: expected the path of a Python file.")
    known = list(names())
    if members := [each for each in known if each.startswith(f"{name}:")]:
        return UserError(f"{name} has several experiments: name one of {', '.join(members)}.")
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}."
    return UserError(f"There is no experiment called {name!r}: {hint} --list shows all.")


def run_file(path: Path) -> ModuleType:
    """Returns a file, run as a module, without a look at its name or its errors.

    It is found by its path: its folder need not be importable.
    """
    spec = importlib.util.spec_from_file_location(OWN_FILE + path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]  # or workers would run the file again
        raise
    return module
