"""One experiment under several protocols: what a split that leaks adds to a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kerasaudio.data.files import write_json
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment
from kerasaudio.experiment.overrides import override
from kerasaudio.runs.folder import Run
from kerasaudio.scoring.intervals import Score


def under(experiment: Experiment, names: Sequence[str]) -> dict[str, Experiment]:
    """Returns the experiment with each of the named splits of its data set.

    Args:
        experiment: The experiment.
        names: Values of `data.split`.

    Raises:
        UserError: If a name is no split of the data set, or its protocols are not comparable.
    """
    if len(names) != len(set(names)) or len(names) < 2:
        raise UserError(
            f"--protocols {','.join(names)}: expected two or more different ones, "
            "separated by commas."
        )
    if experiment.data.incomparable:
        raise UserError(
            f"--protocols {','.join(names)}: {experiment.data.incomparable}; "
            "train each by itself with --set data.split=..."
        )
    return {name: override(experiment, f"data.split={name}") for name in names}


def compare(path: Path, names: Sequence[str]) -> None:
    """Prints the scores of finished runs beside each other, and writes them to protocols.json.

    Args:
        path: Folder of the series.
        names: Names of the runs' folders in it.
    """
    runs = {name: Run(path / name) for name in names}
    scores = {name: _first_metric(run) for name, run in runs.items()}
    width = max(map(len, names)) + 2
    title = next(iter(runs.values())).scores
    first = title.metrics[next(iter(scores[names[0]]))].title
    print(f"\n{'protocol':{width}}{f'test {first}':24}{'n':>6}  {f'clip {first}':24}{'n':>6}")
    for name, run in runs.items():
        each = [f"{score!s:24}{n:6}" for score, n in scores[name].values()]
        print(f"{name:{width}}{'  '.join(each)}".rstrip())
        print(f"{'':{width}}{run.provenance.protocol}")
    gaps = [_gap(scores, names[0], other) for other in names[1:]]
    for gap in gaps:
        each = [f"{key} {value:+.3f}" for key, value in gap.items() if key not in ("from", "to")]
        print(f"gap         {gap['from']} - {gap['to']}: {', '.join(each)}")
    rows = {
        name: {
            "provenance": asdict(run.provenance),
            "warnings": run.provenance.warnings(),
            **{key: asdict(score) for key, (score, _) in scores[name].items()},
        }
        for name, run in runs.items()
    }
    write_json(path / "protocols.json", {"protocols": rows, "gaps": gaps})


def _first_metric(run: Run) -> dict[str, tuple[Score, int]]:
    """The most telling metric of a run and its n; where examples are windows, also of clips."""
    scores = run.scores
    # Macro-F1 leads where labels are unbalanced, which may be so under one protocol alone.
    name = next(name for name in scores.metrics if name != "macro_f1")
    found = {name: (scores.metrics[name].score, scores.n)}
    if scores.clips:
        found[f"clip {name}"] = (scores.clips.metrics[name].score, scores.clips.n)
    return found


def _gap(scores: dict[str, dict[str, tuple[Score, int]]], first: str, other: str) -> dict[str, Any]:
    one, two = scores[first], scores[other]
    each = {key: one[key][0].value - two[key][0].value for key in one if key in two}
    return {"from": first, "to": other, **each}
