"""One experiment under several seeds: how much of a score is chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from kerasaudio.data.files import write_json
from kerasaudio.experiment import Experiment, with_seed
from kerasaudio.runs.folder import Run
from kerasaudio.scoring.scores import Scores


def under(experiment: Experiment, seeds: Iterable[int]) -> dict[str, Experiment]:
    """Returns the experiment under each of the seeds, by the name of the run's folder."""
    return {f"seed-{seed}": with_seed(experiment, seed) for seed in seeds}


def summarize(path: Path, names: Sequence[str]) -> None:
    """Prints mean and spread of the scores of finished runs, and writes them to seeds.json.

    Args:
        path: Folder of the series.
        names: Names of the runs' folders in it.
    """
    runs = [Run(path / name) for name in names]
    scores = [metric_values(run.scores) for run in runs]
    found = spread(scores)
    provenances = [asdict(run.provenance) for run in runs]
    about = {"provenance": provenances, "warnings": runs[0].provenance.warnings()}
    write_json(path / "seeds.json", {**found, **about})
    print_spread("seeds", found, f"{len(names)} runs")
    first, each = next(iter(found.items()))
    listed = ", ".join(f"{value:.4f}" for value in each["each"])
    print(f"          {first.replace('_', ' ')} {listed}")


def spread(scores: Sequence[Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """Returns mean and standard deviation of each score of several runs.

    Args:
        scores: The scores of each run by name, as `metric_values` returns them.
    """
    values = {name: [each[name] for each in scores] for name in scores[0]}
    return {
        name: {
            "mean": mean(each),
            "standard_deviation": stdev(each) if len(each) > 1 else 0.0,
            "each": each,
        }
        for name, each in values.items()
    }


def print_spread(title: str, found: Mapping[str, dict[str, Any]], count: str) -> None:
    """Prints what `spread` returns, a line a score.

    Args:
        title: The first word of each line.
        found: The spread of each score.
        count: Of how many runs it is, in words.
    """
    for name, each in found.items():
        print(
            f"{title:9} {name.replace('_', ' ')} {each['mean']:.4f} ± "
            f"{each['standard_deviation']:.4f} (mean and standard deviation of {count})"
        )


def metric_values(scores: Scores) -> dict[str, float]:
    """Returns a run's scores by name; where examples are windows, also those of whole clips."""
    found = {name: measured.score.value for name, measured in scores.metrics.items()}
    if scores.clips:
        for name, measured in scores.clips.metrics.items():
            found[f"clip_{name}"] = measured.score.value
    return found
