"""Everything that decides the trials of a search, and the folder that is named after it."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

from kerasaudio.data.standins.standin import is_standin
from kerasaudio.experiment import Splits
from kerasaudio.experiment.catalogue import Entry
from kerasaudio.experiment.serialization import encode
from kerasaudio.runs.folder import free_name
from kerasaudio.tuning.settings import SearchSettings
from kerasaudio.tuning.space import Point, first_experiment

JSON = dict[str, Any]


def search_facts(
    entry: Entry,
    settings: SearchSettings,
    objective: str,
    points: list[Point],
    splits: Splits,
    root: Path,
) -> JSON:
    """Returns everything that decides the trials of a search; search.json has it.

    Args:
        entry: The experiment.
        settings: How to search.
        objective: What trials are selected on.
        points: What `explored` returned.
        splits: The splits of the first possible point.
        root: The data root.
    """
    configs = [(point.get_config()["space"], encode(experiment)) for point, experiment in points]
    return {
        "name": entry.name,
        "experiment": encode(first_experiment(points)),
        "space": configs[0][0],
        "code": _code(entry),
        "points": _hash(configs),
        "strategy": settings.strategy,
        "select_on": settings.select_on,
        "objective": objective,
        "members": splits.members_hash(),
        "content": splits.content,
        "synthetic": is_standin(root),
    }


def search_folder(runs: Path, facts: JSON) -> Path:
    """Returns the folder of a search: the same facts always have the same one.

    Args:
        runs: The folder above it.
        facts: What `search_facts` returned.
    """
    stem = free_name(runs, facts["name"]).name[: -len("-001")]
    return runs / f"{stem}-{facts['strategy']}-{_hash(facts)[:8]}"


def _code(entry: Entry) -> str | None:
    """A hash of the user's own experiment file, whose classes decide the trials too.

    Comments do not count.
    """
    file = entry.name.partition(":")[0]
    return _hash(ast.dump(ast.parse(Path(file).read_bytes()))) if file.endswith(".py") else None


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
