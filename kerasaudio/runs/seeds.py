"""One experiment under several seeds: what of a score is chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from kerasaudio import options
from kerasaudio.experiment import Experiment


def under(experiment: Experiment, seeds: Iterable[int]) -> dict[str, Experiment]:
    """The experiment under each of the seeds."""
    return {f"seed-{seed}": options.seeded(experiment, seed) for seed in seeds}


def summarise(path: Path, names: Sequence[str]) -> None:
    """Print mean and spread of the scores of the finished runs `path`/NAME, and write them to seeds.json."""
    from kerasaudio.runs import runs

    each = [runs.Run(path / name).read("scores.json") for name in names]
    rows = [_values(scores) for scores in each]
    values = {name: [row[name] for row in rows] for name in rows[0]}
    spread = {name: stdev(found) if len(found) > 1 else 0.0 for name, found in values.items()}
    found = {
        name: {"mean": mean(values[name]), "standard_deviation": spread[name], "each": values[name]} for name in values
    }
    runs.write_json(path / "seeds.json", {**found, "stamps": [scores["stamp"] for scores in each]})
    for name in values:
        print(
            f"seeds     {name.replace('_', ' ')} {mean(values[name]):.4f} ± {spread[name]:.4f} "
            f"(mean and standard deviation of {len(names)} runs)"
        )
    first = next(iter(values))
    print(f"          {first.replace('_', ' ')} {', '.join(f'{value:.4f}' for value in values[first])}")


def _values(scores: dict[str, Any]) -> dict[str, float]:
    """A run's scores by name; where examples are windows, also the accuracy of whole clips."""
    found = {name: score["value"] for name, score in scores.items() if isinstance(score, dict) and "interval" in score}
    return found | ({"clip_accuracy": scores["clips"]["accuracy"]["value"]} if "clips" in scores else {})
