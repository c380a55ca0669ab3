"""search.html: what a search has found, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kerasaudio.reports.effects import FEWEST, effects, effects_figure, in_words
from kerasaudio.reports.page import (
    Cell,
    Columns,
    Content,
    Facts,
    Hero,
    Note,
    Picture,
    Section,
    Table,
    render,
)
from kerasaudio.reports.score_blocks import between, measured_on, number
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance

SHOWN = 17  # best trials on the page: as many as the GTZAN report lists

Claims = Sequence[tuple[str, bool | None, str]]


def page(
    name: str,
    strategy: str,
    provenance: Provenance,
    splits: Mapping[str, Any],
    objective: str,
    trials: pd.DataFrame,
    names: Sequence[str],
    failed: int,
    test: Score,
    claims: Claims,
    experiment: Mapping[str, str],
) -> str:
    """Returns the page of a search as HTML.

    Args:
        name: Name of the experiment.
        strategy: Name of the search strategy.
        provenance: What the best trial was scored on.
        splits: What `splits.json` has.
        objective: What people call the objective, such as "accuracy".
        trials: A row for each completed trial, the best first: its hyper-parameters by name,
            "objective" and "val_loss".
        names: Names of the hyper-parameters, in the order of the space.
        failed: Number of trials that failed.
        test: Score of the best trial on the test split.
        claims: Triples of what the source says, whether it holds here (`None` where that is open),
            and a figure in words.
        experiment: Fields of the best trial's experiment as text, by their path.
    """
    sizes = ", ".join(f"{n} {split}" for split, n in splits["n"].items())
    chosen_on = "test" if provenance.selected_on == "test" else "validation"
    varied = [each for each in names if trials[each].nunique() > 1] or list(names[:1])
    title = f"{name}: {strategy} search"
    parts: list[Section | Columns] = [
        _summary(trials, failed, objective, chosen_on, test, provenance.n),
        *_distributions(trials, varied, objective),
        *_claims(claims),
        _best_trials(trials, names, objective, chosen_on),
        *_marginal_effects(trials, varied, objective),
        Columns(
            [
                Section("What was measured", [measured_on(provenance, splits, "examples")]),
                Section("The best trial's experiment", [Facts(list(experiment.items()))]),
            ]
        ),
    ]
    return render(title, f"{provenance.protocol} · {sizes}", provenance.warnings(), parts)


def _summary(
    trials: pd.DataFrame, failed: int, objective: str, chosen_on: str, test: Score, n: int
) -> Section:
    failures = f", {failed} failed" if failed else ""
    best = f"best {chosen_on} {objective} of {len(trials)} trials{failures}"
    tested = f"the best trial on the test split, {between(test)} (n = {n})"
    figures = [(number(trials.objective.iloc[0]), best), (number(test.value), tested)]
    return Section("", [Hero(figures)])


def _distributions(trials: pd.DataFrame, varied: Sequence[str], objective: str) -> list[Section]:
    if not varied:
        return []
    note = Note(
        f"{_sentence(objective)} of the trials with each value, or with each quarter of many "
        "values, over all values of the others. Line: median; box: middle half."
    )
    figure = Picture(effects_figure(trials, varied))
    return [Section("What each hyper-parameter does", [figure, note])]


def _sentence(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]


def _claims(claims: Claims) -> list[Section]:
    if not claims:
        return []
    answers = {
        None: Cell("open", "muted"),
        True: Cell("holds", "yes"),
        False: Cell("does not hold", "no"),
    }
    rows: list[list[Content]] = [[text, answers[holds], figure] for text, holds, figure in claims]
    return [Section("What the source says", [Table(["claim", "here", "figure"], rows)])]


def _best_trials(
    trials: pd.DataFrame, names: Sequence[str], objective: str, chosen_on: str
) -> Section:
    rows = [
        [
            *(in_words(row[name]) for name in names),
            f"{row['objective']:.4f}",
            number(row["val_loss"]),
        ]
        for row in trials.head(SHOWN).to_dict("records")
    ]
    numeric = (len(names), len(names) + 1)
    table = Table([*names, objective, "loss"], rows, numeric, highlighted=True)
    note = Note(
        f"All of them: trials.csv. {_sentence(objective)} and loss after the last epoch on the "
        f"{chosen_on} examples."
    )
    return Section("The best trials", [table, note])


def _marginal_effects(trials: pd.DataFrame, varied: Sequence[str], objective: str) -> list[Section]:
    head = ["hyper-parameter", "value", "trials", f"mean {objective}", "95 % interval", "best"]
    rows = [
        [
            each.parameter,
            each.value,
            str(each.n),
            f"{each.mean:.4f}",
            "" if each.half is None else f"± {each.half:.4f}",
            f"{each.best:.4f}",
            f"{100 * each.share:.0f} %",
        ]
        for each in effects(trials, varied)
    ]
    if not rows:
        return []
    table = Table([*head, "share of the best tenth"], rows, numeric=range(2, 7))
    note = Note(f"The interval is left out for fewer than {FEWEST} trials.")
    return [Section("Marginal effects", [table, note])]
