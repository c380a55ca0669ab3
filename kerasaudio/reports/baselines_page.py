"""baselines.html: a run and tuned classical methods side by side, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasaudio.reports import figures
from kerasaudio.reports.page import Content, Note, Picture, Section, Table, render
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Scores


def page(
    name: str,
    provenance: Provenance,
    scores: Scores,
    rows: Sequence[Mapping[str, Any]],
    train_rows: int,
    fitted_rows: int,
    folds: int,
    tree: str = "",
) -> str:
    """Returns the page that compares a run with classical methods as HTML.

    Args:
        name: Name of the run.
        provenance: What the scores were measured on.
        scores: Scores of the run.
        rows: The fields of a `scoring.baselines.Compared` by name, for each classical method.
        train_rows: Number of training rows.
        fitted_rows: Number of those that they were fitted to.
        folds: Number of folds of the cross-validation that chose their settings.
        tree: Figure of the first questions of the decision tree, or "".
    """
    accuracies = [(name, scores.metrics["accuracy"].score)]
    accuracies += [(row["model"], row["accuracy"]) for row in rows]
    measured = Note(
        f"Accuracy on the same {provenance.n} {provenance.split} rows, with 95 % intervals."
    )
    fitted = Note(
        f"Fitted to {rows_of(fitted_rows, train_rows)}; settings by {folds}-fold cross-validation "
        "there. McNemar's exact test is on the rows that one of the two had right and the other "
        "had not; p is not corrected for the number of methods."
    )
    sections = [
        Section("", [Picture(figures.intervals(accuracies)), measured]),
        Section("", [_table(name, scores, rows), fitted]),
    ]
    if tree:
        asked = Note(
            "The answer yes goes to the left; the numbers are training rows and, in brackets, the "
            "rows of each label. Questions further down are left out."
        )
        sections.append(Section("The first questions of the decision tree", [Picture(tree), asked]))
    title = f"{name} and its baselines"
    return render(title, str(provenance), provenance.warnings(), sections)


def rows_of(fitted: int, rows: int) -> str:
    """Returns how many of the training rows classical methods were fitted to, in words."""
    if fitted == rows:
        return f"the {rows} training rows"
    return f"{fitted:,} of the {rows:,} training rows, drawn at random"


def _table(name: str, scores: Scores, rows: Sequence[Mapping[str, Any]]) -> Table:
    own = [str(scores.metrics[key].score) for key in ("accuracy", "macro_f1")]
    head = [
        "model",
        "accuracy",
        "macro-F1",
        "it alone right",
        f"{name} alone right",
        "p (McNemar)",
        "seconds",
        "settings",
    ]
    first: list[Content] = [name, *own, *[""] * 5]
    return Table(head, [first, *map(_row, rows)], numeric=range(1, 7), highlighted=True)


def _row(row: Mapping[str, Any]) -> list[Content]:
    return [
        row["model"],
        str(row["accuracy"]),
        str(row["macro_f1"]),
        str(row["mcnemar"]["only_baseline"]),
        str(row["mcnemar"]["only_model"]),
        f"{row['mcnemar']['p']:.2g}",
        f"{row['seconds']:.1f}",
        ", ".join(f"{setting} {value}" for setting, value in row["settings"].items()),
    ]
