"""What the values of hyper-parameters do to the objective of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from kerasaudio.reports.drawing import INK, PALE, TRAIN, VALID, plain, svg, tidy

FEW = 10  # values of a number that are shown one by one
FEWEST = 5  # trials whose mean has an interval
COLUMNS = 3  # of the figure


@dataclass(frozen=True)
class Effect:
    """What trials with one value of a hyper-parameter have in common.

    Args:
        parameter: Name of the hyper-parameter.
        value: The value, or the range of values.
        n: Number of trials with it.
        mean: Mean of their objective.
        half: Half the width of the mean's 95 % t interval, or `None` for fewer than five trials.
        best: Objective of the best of them.
        share: Share that they have of the best tenth of all trials.
    """

    parameter: str
    value: str
    n: int
    mean: float
    half: float | None
    best: float
    share: float


def in_words(value: Any) -> str:
    """Returns a hyper-parameter's value as text; a dash where the trial has none."""
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4g}"
    return str(value)


def groups(trials: pd.DataFrame, name: str) -> list[tuple[str, pd.DataFrame]]:
    """Returns the trials with each value of a hyper-parameter.

    Numbers with many values are divided into quarters.

    Args:
        trials: A row for each trial.
        name: Name of the hyper-parameter.

    Returns:
        Pairs of the value, or the range of values, and the trials with it.
    """
    column = trials[name]
    if not pd.api.types.is_numeric_dtype(column) or column.nunique() <= FEW:
        return [(in_words(value), group) for value, group in trials.groupby(name)]
    quarters = [
        group for _, group in trials.groupby(pd.qcut(column, 4, labels=False, duplicates="drop"))
    ]
    return [(f"{group[name].min():.3g} to {group[name].max():.3g}", group) for group in quarters]


def effects(trials: pd.DataFrame, names: Sequence[str]) -> list[Effect]:
    """Returns the effect of each value of each hyper-parameter, over all values of the others.

    Args:
        trials: A row for each trial, the best first.
        names: Names of the hyper-parameters.
    """
    best = trials.index[: max(1, len(trials) // 10)]
    return [
        Effect(
            parameter=name,
            value=value,
            n=len(group),
            mean=float(group.objective.mean()),
            half=_half_interval(group.objective),
            best=float(group.objective.iloc[0]),
            share=float(best.isin(group.index).mean()),
        )
        for name in names
        for value, group in groups(trials, name)
    ]


def _half_interval(values: pd.Series) -> float | None:
    if len(values) < FEWEST:
        return None
    return float(stats.t.ppf(0.975, len(values) - 1) * values.sem())


def effects_figure(trials: pd.DataFrame, names: Sequence[str]) -> str:
    """Draws the distribution of the objective for each value of each hyper-parameter, as SVG."""
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(9.4, 0.5 + 1.35 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid.flat, names, strict=False):
        _boxes(axes, groups(trials, name))
        axes.set_title(plain(name), loc="left", fontsize=10, color=INK)
        tidy(axes)
    return svg(figure)


def _boxes(axes: Any, grouped: Sequence[tuple[str, pd.DataFrame]]) -> None:
    axes.boxplot(
        [group.objective.to_numpy() for _, group in grouped],
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        boxprops={"facecolor": PALE, "edgecolor": VALID},
        medianprops={"color": VALID, "linewidth": 2},
        whiskerprops={"color": TRAIN},
        capprops={"color": TRAIN},
        flierprops={"marker": ".", "markersize": 3, "markeredgecolor": TRAIN},
    )
    axes.set_yticks(range(1, len(grouped) + 1), [plain(value) for value, _ in grouped])
