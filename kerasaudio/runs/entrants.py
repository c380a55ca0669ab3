"""What `compare` puts side by side: a run, or the runs of a series."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev

from kerasaudio.errors import UserError
from kerasaudio.runs import series
from kerasaudio.runs.folder import Run, open_run
from kerasaudio.scoring.scores import Scores


@dataclass(frozen=True)
class Entrant:
    """One run, or the runs of a series, which differ in their seed or fold alone.

    Args:
        path: The folder.
        runs: The runs, by the name that a run of another entrant must have to be its pair.
    """

    path: Path
    runs: Mapping[str, Run]

    @property
    def first(self) -> Run:
        """One of the runs."""
        return next(iter(self.runs.values()))

    @cached_property
    def scores(self) -> list[Scores]:
        """The scores of all runs."""
        return [run.scores for run in self.runs.values()]

    def values(self, metric: str) -> list[float]:
        """Returns the scores of all runs, the lowest number for one that was not measured.

        Args:
            metric: Name of the metric.
        """
        found = (scores.metrics.get(metric) for scores in self.scores)
        return [measured.score.value if measured else -math.inf for measured in found]

    def score(self, metric: str) -> str:
        """Returns the score with its interval, or mean and standard deviation of several runs."""
        first, *others = self.scores
        if metric not in first.metrics:
            return "-"
        if not others:
            return str(first.metrics[metric].score)
        values = self.values(metric)
        return f"{mean(values):.3f} ± {stdev(values):.3f}"


def is_entrant(path: Path) -> bool:
    """Returns whether a path is meant as a run or a series, and not as a folder of those."""
    return series.is_series(path) or (path / "experiment.json").is_file() or not path.is_dir()


def open_entrant(path: Path) -> Entrant:
    """Returns a finished run or series.

    Args:
        path: Its folder.

    Raises:
        UserError: If there is none, if it is not finished, or if its runs have several protocols.
    """
    if not series.is_series(path):
        run = open_run(path)
        return Entrant(path, {f"seed-{run.provenance.seed}": run})
    plan = series.read_plan(path)
    if plan["kind"] == "protocols":
        raise UserError(f"{path} has a run for each protocol: name those that you compare.")
    return Entrant(path, {member: open_run(path / member) for member in plan["runs"]})


def all_inside(folder: Path) -> list[Entrant]:
    """Returns the finished runs and series in a folder; of a search, the best trial.

    Args:
        folder: A folder of runs.

    Raises:
        UserError: If a finished run is damaged.
    """
    found = []
    for path in sorted(folder.iterdir()):
        if Run(path / "winner").scored:
            found.append(open_entrant(path / "winner"))
        elif not _is_finished(path):
            continue
        elif series.is_series(path) and (plan := series.read_plan(path))["kind"] == "protocols":
            found += [open_entrant(path / member) for member in plan["runs"]]
        else:
            found.append(open_entrant(path))
    return found


def unfinished(folder: Path) -> list[Path]:
    """Returns the runs and series in a folder that `all_inside` leaves out."""
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and is_entrant(path)]
    return [path for path in inside if not _is_finished(path)]


def _is_finished(path: Path) -> bool:
    if series.is_series(path):
        return (path / f"{series.read_plan(path)['kind']}.json").is_file()
    return Run(path).scored


def pairs_of(one: Entrant, other: Entrant) -> Iterator[tuple[Run, Run]]:
    """Yields the runs of two entrants that were trained under the same seed or on the same folds.

    Two single runs are a pair whatever their seeds are.
    """
    if len(one.runs) == len(other.runs) == 1:
        yield one.first, other.first
        return
    for name, run in one.runs.items():
        if name in other.runs:
            yield run, other.runs[name]
