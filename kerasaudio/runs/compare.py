"""The test scores of several runs side by side, if all were measured on the same examples."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import pandas as pd

from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.reports import compare_page
from kerasaudio.reports.compare_page import Group, Row
from kerasaudio.runs.entrants import (
    Entrant,
    all_inside,
    is_entrant,
    open_entrant,
    pairs_of,
    unfinished,
)
from kerasaudio.runs.folder import Run
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.paired import paired_difference

SHARED = {
    "protocol": "protocol",
    "split": "scored split",
    "synthetic": "stand-in",
    "members": "members",
    "prevalence": "shares of the labels",
}


def compare(paths: Sequence[Path], page: Path) -> list[str]:
    """Writes a page about several runs, and returns the same as lines for the console.

    Args:
        paths: Folders of finished runs or series. One folder that has such folders in it stands
            for all of them, which are grouped by what they were measured on; those that are not
            finished are named.
        page: The HTML file that is written.

    Raises:
        UserError: If the runs were not measured on the same examples.
    """
    inside = len(paths) == 1 and not is_entrant(paths[0])
    entrants = all_inside(paths[0]) if inside else [open_entrant(path) for path in paths]
    if len(entrants) < 2:
        raise UserError(f"compare {paths[0]}: expected two finished runs or more.")
    grouped = _grouped(entrants) if inside else [_checked(entrants)]
    groups = [_group(members, page.parent) for members in grouped]
    write_text(page, compare_page.page(groups))
    left_out = unfinished(paths[0]) if inside else []
    lines = [line for group in groups for line in group.lines()]
    lines += [f"left out  {path}: it is not finished" for path in left_out]
    return [*lines, f"page      {page}"]


def _checked(entrants: Sequence[Entrant]) -> Sequence[Entrant]:
    first, *others = entrants
    for other in others:
        pairs = list(pairs_of(first, other))
        for pair in pairs:
            check_provenance(pair)
            check_content(pair)
        if not pairs:
            raise UserError(
                f"{first.path} and {other.path} can't share a table: no seed or fold is in both. "
                "Train both under the same seeds."
            )
    return entrants


def _grouped(entrants: Sequence[Entrant]) -> list[list[Entrant]]:
    """The entrants in groups whose members can share a table, in the order of their first."""
    groups: list[list[Entrant]] = []
    for entrant in entrants:
        for group in groups:
            try:
                _checked([group[0], entrant])
            except UserError:
                continue
            group.append(entrant)
            break
        else:
            groups.append([entrant])
    return groups


def _group(entrants: Sequence[Entrant], folder: Path) -> Group:
    metrics = entrants[0].scores[0].metrics
    first = next(iter(metrics))
    ordered = sorted(entrants, key=lambda each: -mean(each.values(first)))
    best, *others = ordered
    differences = [
        (str(best.path), str(other.path), *_difference(pairs))
        for other in others
        if (pairs := list(pairs_of(best, other)))
        and all(_predictions(run) for pair in pairs for run in pair)
    ]
    provenances = [run.provenance for entrant in entrants for run in entrant.runs.values()]
    return Group(
        provenance=best.first.provenance,
        warnings=sorted({line for each in provenances for line in each.warnings()}),
        titles=[measured.title for measured in metrics.values()],
        rows=[_row(each, list(metrics), folder) for each in ordered],
        differences=differences,
    )


def _row(entrant: Entrant, metrics: Sequence[str], folder: Path) -> Row:
    provenances = [run.provenance for run in entrant.runs.values()]
    report = entrant.first.path / "report.html"
    return Row(
        name=str(entrant.path),
        scores=[entrant.score(metric) for metric in metrics],
        seeds=", ".join(dict.fromkeys(str(each.seed) for each in provenances)),
        selected_on=provenances[0].selected_on,
        report=os.path.relpath(report.resolve(), folder.resolve()),
    )


def _difference(pairs: Sequence[tuple[Run, Run]]) -> tuple[str, Score, int]:
    """What was compared, the mean difference, and the number of pairs of runs."""
    values = [(_values(first), _values(second)) for first, second in pairs]
    return str(values[0][0].name), paired_difference(values), len(pairs)


def _predictions(run: Run) -> Path | None:
    """The table of answers about whole clips, or `None` where somebody has removed it."""
    files = (run.path / name for name in ("clip_predictions.csv", "predictions.csv"))
    return next(filter(Path.is_file, files), None)


def _values(run: Run) -> pd.Series:
    """A value for each clip of the test split: whether the answer is right, or the loss."""
    path = _predictions(run)
    assert path is not None
    try:
        table = pd.read_csv(path, dtype={"id": str}, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} could not be read: evaluate or train the run again.") from error
    if "prediction" in table:
        right = (table.truth.astype(str) == table.prediction.astype(str)).astype(float)
        return right.set_axis(table.id).rename("accuracy")
    return table.loss.set_axis(table.id).rename("log-loss")


def check_provenance(runs: Sequence[Run]) -> None:
    """Checks that all runs were measured on the same examples and labels.

    Raises:
        UserError: If two of them were not.
    """
    first, *others = runs
    known = vars(first.provenance)
    for other in others:
        found = vars(other.provenance)
        for member, name in SHARED.items():
            one, two = known[member], found[member]
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
