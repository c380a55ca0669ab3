"""What a process of a cluster does with a task, after a look at whether it can be of use."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import kerasaudio
from kerasaudio.errors import UserError, one_line
from kerasaudio.experiment.catalogue import OWN_FILE, run_file

PACKAGES = ("tensorflow", "keras", "numpy", "librosa", "soundfile", "soxr", "scikit-learn")

Task = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Setup:
    """What all tasks of an executor have in common.

    Args:
        versions: What `versions` returned where the tasks come from.
        threads: Threads that a TensorFlow operation may take.
        folder: The working folder.
        files: The person's own experiment files: path and text.
        check: The pickled function that a process calls before its first task.
    """

    versions: tuple[tuple[str, str], ...]
    threads: int
    folder: str
    files: tuple[tuple[str, str], ...]
    check: bytes


@dataclass(frozen=True)
class Refused:
    """Why a process cannot be used.

    Args:
        node: Ray's name of its machine.
        reason: The reason, one line.
    """

    node: str
    reason: str


@lru_cache
def versions() -> tuple[tuple[str, str], ...]:
    """Returns name and version of everything that decides numbers; of kerasaudio also its code."""
    code = hashlib.sha256()
    for path in sorted(Path(kerasaudio.__file__).parent.rglob("*.py")):
        code.update(path.read_bytes())
    own = f"{kerasaudio.__version__} with code {code.hexdigest()[:8]}"
    installed = [(package, metadata.version(package)) for package in PACKAGES]
    return (("Python", platform.python_version()), ("kerasaudio", own), *installed)


def own_files() -> tuple[tuple[str, str], ...]:
    """Returns path and text of all experiment files that this process has run as modules."""
    paths = [
        str(module.__file__) for name, module in sys.modules.items() if name.startswith(OWN_FILE)
    ]
    return tuple((path, Path(path).read_text(encoding="utf-8")) for path in sorted(paths))


def work(setup: Setup, task: bytes) -> Any:
    """Returns what a task returns, or why this process cannot be used.

    Args:
        setup: What the tasks have in common.
        task: The pickled function and its arguments.
    """
    if reason := _refusal(setup):
        import ray

        return Refused(ray.get_runtime_context().get_node_id(), reason)
    function, arguments, keywords = pickle.loads(task)
    return function(*arguments, **keywords)


@lru_cache
def _refusal(setup: Setup) -> str | None:
    """Prepares the process, once; the reason if it cannot be used."""
    for (name, there), (_, here) in zip(setup.versions, versions(), strict=True):
        if here != there:
            return f"it has {name} {here}, the first machine has {there}: install the same"
    with contextlib.suppress(OSError):  # another machine may not have it
        os.chdir(setup.folder)
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(setup.threads)
    for path, text in setup.files:
        run_file(_same_file(Path(path), text))
    try:
        pickle.loads(setup.check)()
    except UserError as error:
        return one_line(str(error))
    return None


def _same_file(path: Path, text: str) -> Path:
    """The file if it has that text here too, otherwise a copy of that name."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return path
    copy = Path(tempfile.mkdtemp(prefix="kerasaudio-")) / path.name
    copy.write_text(text, encoding="utf-8")
    return copy
