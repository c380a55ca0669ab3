"""The experiments there are: files, each with one experiment or a family. Importing this module runs none of them."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment

OWN_FILE = (
    "kerasaudio_experiment_"  # and the file's stem: the module that an experiment file is run as
)


@dataclass(frozen=True)
class Entry:
    """One experiment of the catalogue, loaded."""

    name: str
    title: str  # first line of the file's docstring
    experiment: Experiment
    space: (
        Callable[[Any], Experiment] | None
    )  # KerasTuner's HyperParameters -> one point of the search
    claims: tuple[Any, ...]  # tuning.claims.Claim: what a source says about that search
    module: ModuleType


def folder() -> Path:
    """The folder of experiment files: inside an installed wheel, else beside the package."""
    package = Path(__file__).parents[1]
    installed = package / "experiments"
    return installed if installed.is_dir() else package.parent / "experiments"


def names() -> dict[str, str]:
    """Every experiment's name with the first line of its file's docstring; the files are read, not run."""
    found = {}
    for path in sorted(folder().glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        title = (ast.get_docstring(tree) or "").partition("\n")[0]
        for member in _members(tree):
            found[f"{path.stem}:{member}" if member else path.stem] = title
    return found


def _members(tree: ast.Module) -> list[str]:
    """Keys of `experiments = {...}`, which are written out so that a list of names needs no import; [""] without it."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "experiments":
            return list(ast.literal_eval(ast.Tuple(node.value.keys)))  # type: ignore[attr-defined]
    return [""]


def load(name: str) -> Entry:
    """The experiment called `name`: `file`, `file:member`, or `path/to/own.py[:member]`.

    Raises UserError for a name that is not there (with the nearest one that is) and for a file that declares nothing.
    """
    file, _, member = name.partition(":")
    if not file.endswith(".py") and name not in names():
        raise _unknown(name)
    module = load_module(name)
    declared = getattr(module, "experiments", None) or {"": getattr(module, "experiment", None)}
    experiment = declared.get(member)
    if not isinstance(experiment, Experiment):
        members = " or ".join(f"{file}:{each}" for each in declared if each)
        raise UserError(
            f"{name} is no experiment: expected {members or '`experiment = Experiment(...)` in the file'}."
        )
    title = (module.__doc__ or "").strip().partition("\n")[0]
    space = getattr(module, "spaces", {}).get(member, getattr(module, "space", None))
    return Entry(name, title, experiment, space, getattr(module, "claims", ()), module)


def load_module(name: str) -> ModuleType:
    """The file of the experiment called `name`, run as a module of its own. Raises UserError if it can't be."""
    file = name.partition(":")[0]
    path = Path(file) if file.endswith(".py") else folder() / f"{file}.py"
    if not path.is_file():
        raise _unknown(name)
    try:
        return _run(path)
    except (ImportError, SyntaxError) as error:
        raise UserError(f"{path} could not be loaded: {error}.") from error
    except (
        NameError,
        AttributeError,
        TypeError,
        ValueError,
        LookupError,
        ArithmeticError,
        OSError,
    ) as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(path)
        ]
        where = f", line {lines[-1]}" if lines else ""
        raise UserError(
            f"{path}{where}, could not be run: {type(error).__name__}: {error}"
        ) from error


def _unknown(name: str) -> UserError:
    if name.partition(":")[0].endswith(".py"):
        return UserError(f"There is no experiment file {name}: expected the path of a Python file.")
    known = list(names())
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}."
    return UserError(f"There is no experiment called {name!r}: {hint} --list shows all.")


def _run(path: Path) -> ModuleType:
    """Run an experiment file as a module of its own, by path: no folder of experiments needs to be importable."""
    spec = importlib.util.spec_from_file_location(OWN_FILE + path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
