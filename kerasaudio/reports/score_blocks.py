"""Blocks that show scores, whatever the metrics and labels are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kerasaudio.reports.page import Cell, Content, Facts, Hero, Matrix, Note, Table
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Measured, Scores

RIGHT, WRONG = "47,91,234", "221,93,41"  # colours of a confusion matrix
NAMED = 30  # labels that were left out, at most; of more, only the number
TITLES = {
    "f1": "F1",
    "roc_auc": "ROC-AUC",
    "average_precision": "PR-AUC",
    "d_prime": "d′",
}
RANKED_BY = ("f1", "roc_auc")  # columns of labels that are drawn as bars
EXPLAINED = {
    "micro-F1": "Micro-F1 counts the hits of both labels together, so it is the accuracy.",
    "log-loss": "Log-loss is in nats.",
    "first tag": "First tag: the highest probability is that of the clip's first tag.",
    "AP": "AP is the average precision, the area under precision over recall.",
    "PR-AUC": "PR-AUC is the average precision, the area under precision over recall.",
    "mAP": "mAP is the mean of the labels' average precision (PR-AUC).",
}


def number(value: float | None, digits: int = 3) -> str:
    """Returns a number as text; a dash where it is not defined."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f}".replace("inf", "∞")


def between(score: Score) -> str:
    """Returns the interval of a score as text."""
    return f"{number(score.low)} to {number(score.high)}"


def hero(scores: Scores, baselines: str = "") -> Hero:
    """Returns all metrics with their intervals, and the number of examples.

    Args:
        scores: The scores.
        baselines: What to call the score of always giving the same answer; "" leaves it out.
    """
    figures = [
        (number(measured.score.value), _caption(measured, baselines))
        for measured in scores.metrics.values()
    ]
    return Hero([*figures, (str(scores.n), f"test {scores.unit}")])


def _caption(measured: Measured, baselines: str) -> str:
    caption = f"{measured.title}, {between(measured.score)}"
    if not baselines or measured.baseline is None:
        return caption
    return f"{caption} ({baselines} {number(measured.baseline)})"


def same_answer(scores: Scores) -> str:
    """Returns what the baselines are of: the commonest label, where an example has one."""
    if scores.confusion is None:
        return "always the same"
    return f"always “{max(scores.labels, key=lambda label: scores.labels[label]['n'])}”"


def lead(scores: Scores) -> str:
    """Returns what to call the baselines in the summary: nothing where labels are balanced."""
    return same_answer(scores) if next(iter(scores.metrics)) == "macro_f1" else ""


def explanations(scores: Scores) -> Note:
    """Returns what a reader must know about the metrics and the labels."""
    titles = (measured.title for measured in scores.metrics.values())
    found = ["Behind each figure: its 95 % interval."]
    found += [EXPLAINED[title] for title in titles if title in EXPLAINED]
    if scores.left_out:
        names = (
            scores.left_out if len(scores.left_out) <= NAMED else [f"{len(scores.left_out)} labels"]
        )
        found.append(
            f"Means are over {len(scores.labels)} labels. Left out, since none or all of the "
            f"{scores.unit} have them: {', '.join(names)}."
        )
    return Note(" ".join(found))


def confusion(scores: Scores) -> Matrix:
    """Returns the confusion matrix of scores that have one."""
    labels = list(scores.labels)
    rows = [
        [_confused(labels, true, predicted, row) for predicted in range(len(row))]
        for true, row in enumerate(scores.confusion or [])
    ]
    return Matrix(labels, rows)


def _confused(labels: Sequence[str], true: int, predicted: int, row: Sequence[int]) -> Cell:
    count = row[predicted]
    share = count / max(sum(row), 1)
    colour = RIGHT if predicted == true else WRONG
    return Cell(
        str(count or ""),
        colour=f"rgba({colour},{0.04 + 0.86 * share if count else 0:.2f})",
        light=share > 0.6,
        tooltip=f"{labels[true]} taken for {labels[predicted]}: {count}",
    )


def ranked(scores: Scores) -> list[tuple[str, dict[str, Any]]]:
    """Returns the labels with their figures, the best first.

    Beside a confusion matrix they keep its order.
    """
    rows = list(scores.labels.items())
    key = _ranked_by(rows)
    if scores.confusion is not None or key is None:
        return rows
    return sorted(rows, key=lambda row: -row[1][key])


def short_label_table(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    """Returns the figures of labels without bars and intervals, for narrow columns."""
    names = [name for name in (rows[0][1] if rows else []) if not name.endswith("_interval")]
    cells = [[label, *(_figure(row, name, None) for name in names)] for label, row in rows]
    head = ["label", *(_title(name) for name in names)]
    return Table(head, cells, numeric=range(1, len(head)))


def _ranked_by(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str | None:
    first = next(iter(rows), ("", {}))[1]
    return next((key for key in RANKED_BY if key in first), None)


def label_table(rows: Sequence[tuple[str, Mapping[str, Any]]], n: int) -> Table:
    """Returns the figures of labels, whatever they are.

    Args:
        rows: Pairs of a label and its figures by name.
        n: Number of all examples.
    """
    bar = _ranked_by(rows)
    names = sorted(
        rows[0][1] if rows else [],
        key=lambda name: (not name.startswith(bar or name), name == "n"),
    )
    head = ["label", *(_title(name) for name in names)]
    cells = [[label, *(_figure(row, name, bar) for name in names)] for label, row in rows]
    if "average_precision" in names:
        head.append("PR-AUC by chance")
        cells = [[*line, number(row["n"] / n)] for line, (_, row) in zip(cells, rows, strict=True)]
    left = 2 if bar else 1
    return Table(head, cells, numeric=range(left, len(head)))


def example_table(rows: Sequence[Mapping[str, Any]], unit: str) -> Table:
    """Returns examples with their log-loss, their labels and the highest probabilities.

    Args:
        rows: The fields of each example, as in `Scores.best`.
        unit: What an example is, in the plural.
    """
    head = ["log-loss", unit[:-1], "its labels", "the highest probabilities"]
    cells: list[list[Content]] = [
        [
            number(row["loss"], 4),
            Cell(row["id"], "code"),
            ", ".join(row["tags"]) or "none of them",
            [
                Cell(f"{label} {probability:.2f}", "yes" if label in row["tags"] else "muted")
                for label, probability in row["highest"].items()
            ],
        ]
        for row in rows
    ]
    return Table(head, cells)


def threshold_table(thresholds: Mapping[str, Mapping[str, Any]]) -> Table:
    """Returns the threshold of each label with what it gives on the validation examples.

    Args:
        thresholds: The fields of `LabelThreshold` by label.
    """
    first = next(iter(thresholds.values()))
    names = [name for name in first if name != "chosen" and first[name] is not None]
    cells = [
        [label, *(_figure(row, name, None) for name in names)] for label, row in thresholds.items()
    ]
    head = ["label", "threshold", *(_title(name) for name in names[1:])]
    return Table(head, cells, numeric=range(1, len(head)))


def _title(name: str) -> str:
    if name.endswith("_interval"):
        return "95 % interval"
    return TITLES.get(name, name.replace("_", " "))


def _figure(row: Mapping[str, Any], name: str, bar: str | None) -> Content:
    value = row[name]
    if isinstance(value, list | tuple):
        low, high = value
        return f"{number(low)} to {number(high)}"
    if isinstance(value, int):
        return str(value)
    if name != bar:
        return number(value)
    return Cell(number(value), bar=0.0 if math.isnan(value) else value)


def measured_on(provenance: Provenance, splits: Mapping[str, Any], unit: str) -> Facts:
    """Returns what scores were measured on.

    Args:
        provenance: What they were measured on.
        splits: What `splits.json` has: "n" by split and "notes".
        unit: What an example is, in the plural.
    """
    sizes = ", ".join(f"{n} {split}" for split, n in splits["n"].items())
    label, share = max(provenance.prevalence.items(), key=lambda each: each[1])
    return Facts(
        [
            ("data", "STAND-IN (synthetic)" if provenance.synthetic else "as given by --data"),
            ("protocol", provenance.protocol),
            ("split scored", f"{provenance.split}, n = {provenance.n}"),
            ("selected on", provenance.selected_on),
            (unit, sizes),
            *((name, str(value)) for name, value in splits["notes"].items()),
            ("most frequent label", f"{label}: {share:.3f} of the {provenance.split} {unit}"),
            ("seed of the fit", str(provenance.seed)),
            ("members", Cell(provenance.members, "code")),
        ]
    )


def found_by(scores: Scores) -> str:
    """Returns how the intervals of the metrics were found, in words."""
    by: dict[str, list[str]] = {}
    for measured in scores.metrics.values():
        by.setdefault(measured.score.interval, []).append(measured.title)
    return "; ".join(f"{', '.join(titles)}: {interval}" for interval, titles in by.items())
