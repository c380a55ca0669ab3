"""The test scores of several runs side by side, if all were measured on the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasaudio.errors import UserError
from kerasaudio.runs.folder import Run, open_run

SHARED = {
    "protocol": "protocol",
    "split": "scored split",
    "synthetic": "stand-in",
    "members": "members",
    "prevalence": "shares of the labels",
}


def compare(paths: Sequence[Path]) -> list[str]:
    """Returns a line for each run, the best first, under what they were all measured on.

    Args:
        paths: Folders of finished runs, two or more.

    Raises:
        UserError: If the runs were not measured on the same examples.
    """
    runs = [open_run(path) for path in paths]
    check_provenance(runs)
    check_content(runs)
    measured_on = runs[0].provenance
    metrics = runs[0].scores.metrics
    first, *_ = metrics
    width = max(len(str(run.path)) for run in runs) + 2
    source = "STAND-IN (synthetic data), " if measured_on.synthetic else ""
    titles = "".join(f"{measured.title:24}" for measured in metrics.values())
    lines = [
        f"{source}{measured_on.protocol}, {measured_on.split} n={measured_on.n}, "
        f"members {measured_on.members[:8]}",
        f"{'run':{width}}{titles}seed  selected on",
    ]
    for run in sorted(runs, key=lambda run: -run.scores.metrics[first].score.value):
        found = run.scores.metrics
        each = "".join(f"{found[name].score if name in found else '-'!s:24}" for name in metrics)
        seed, selected_on = run.provenance.seed, run.provenance.selected_on
        lines.append(f"{run.path!s:{width}}{each}{seed:4}  {selected_on}")
    return lines


def check_provenance(runs: Sequence[Run]) -> None:
    """Checks that all runs were measured on the same examples and labels.

    Raises:
        UserError: If two of them were not.
    """
    first, *others = runs
    for other in others:
        for member, name in SHARED.items():
            one, two = (vars(run.provenance)[member] for run in (first, other))
            if one != two:
                raise UserError(
                    f"{first.path} and {other.path} can't share a table: "
                    f"{name} {str(one)[:80]} and {str(two)[:80]}. Compare runs of one protocol."
                )


def check_content(runs: Sequence[Run]) -> None:
    """Checks that the examples of all runs held the same numbers.

    Raises:
        UserError: If two runs of the same data set had other numbers in the same examples.
    """
    first, *others = runs
    data, content = _data(first)
    for other in others:
        other_data, other_content = _data(other)
        if data == other_data and content and other_content and content != other_content:
            raise UserError(
                f"{first.path} and {other.path} can't share a table: their data's files held "
                "other numbers. Train again."
            )


def _data(run: Run) -> tuple[object, str | None]:
    """The run's data set as JSON, and the hash of its numbers if it has one."""
    data = run.read("experiment.json")["experiment"]["data"]
    return data, run.read("splits.json").get("content")
