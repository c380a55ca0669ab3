"""The figures of a table of features, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from kerasaudio.data.tables.exploration import MEAN, Components
from kerasaudio.reports.drawing import INK, MUTED, VALID, plain, svg, tidy

BOX = "#c9d6fb"
WRITTEN = 0.6  # absolute correlation from which on the number is written


def heatmap(correlation: pd.DataFrame) -> str:
    """Draws the lower triangle of a correlation matrix: blue for positive, red for negative.

    Args:
        correlation: Correlation of every two columns.
    """
    names = [plain(str(name).removesuffix(MEAN)) for name in correlation.columns]
    upper = np.triu(np.ones(correlation.shape, bool), k=1)
    shown = np.ma.masked_where(upper, correlation.to_numpy())
    figure = Figure(figsize=(9, 7.6), layout="constrained")
    axes: Any = figure.subplots()
    mesh = axes.pcolormesh(shown, cmap="RdBu", vmin=-1, vmax=1, edgecolors="white", linewidth=0.6)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90)
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    _write_strong(axes, correlation)
    tidy(axes)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(mesh, shrink=0.5, aspect=30, ticks=[-1, -0.5, 0, 0.5, 1])
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelsize=8, length=0)
    return svg(figure)


def _write_strong(axes: Any, correlation: pd.DataFrame) -> None:
    style = {"ha": "center", "va": "center", "fontsize": 5, "color": "white"}
    for row, column in zip(*np.tril_indices(len(correlation), k=-1), strict=True):
        value = correlation.iloc[row, column]
        if abs(value) >= WRITTEN:
            axes.text(column + 0.5, row + 0.5, f"{value:.2f}", **style)


def boxes(values: pd.Series, labels: pd.Series, order: Sequence[str]) -> str:
    """Draws one feature by label, sorted by median: quartiles and 5th to 95th percentile.

    Args:
        values: The feature, a value for each row.
        labels: The label of each row.
        order: The labels.
    """
    groups = {label: values[labels == label].to_numpy() for label in order}
    names = sorted(groups, key=lambda label: float(np.median(groups[label])))
    figure = Figure(figsize=(3.2, 2.3), layout="constrained")
    axes: Any = figure.subplots()
    axes.boxplot(
        [groups[name] for name in names],
        orientation="horizontal",
        whis=(5, 95),
        showfliers=False,
        patch_artist=True,
        widths=0.62,
        boxprops={"facecolor": BOX, "edgecolor": "none"},
        medianprops={"color": VALID, "linewidth": 1.6},
        whiskerprops={"color": MUTED, "linewidth": 0.8},
        capprops={"visible": False},
    )
    axes.set_yticks(np.arange(len(names)) + 1, [plain(name) for name in names])
    tidy(axes)
    axes.tick_params(axis="y", length=0, labelsize=7, colors=INK)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.get_offset_text().set(fontsize=7, color=MUTED)
    return svg(figure)


def plane(components: Components, labels: pd.Series, order: Sequence[str]) -> str:
    """Draws the first two components, one point for each row.

    Args:
        components: The components.
        labels: The label of each row.
        order: The labels.
    """
    figure = Figure(figsize=(6.2, 5.2), layout="constrained")
    axes: Any = figure.subplots()
    _points(axes, components, labels, order, 2)
    tidy(axes)
    axes.legend(
        frameon=False, fontsize=8, ncols=2, markerscale=1.6, handletextpad=0.1, columnspacing=0.6
    )
    return svg(figure)


def space(components: Components, labels: pd.Series, order: Sequence[str]) -> str:
    """Draws all three components, seen from the side; the arguments are those of `plane`."""
    figure = Figure(figsize=(6.2, 5.2))
    axes: Any = figure.add_axes((0, 0, 1, 1), projection="3d")
    _points(axes, components, labels, order, 3)
    axes.set_zlabel(_title(components, 2), color=MUTED, fontsize=8)
    axes.view_init(elev=18, azim=-62)
    axes.set_box_aspect(None, zoom=0.92)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1, 1, 1, 0))
        axis.set_tick_params(colors=MUTED, labelsize=6)
        axis._axinfo["grid"].update(color="#e4e8ef", linewidth=0.6)
    return svg(figure)


def _points(
    axes: Any, components: Components, labels: pd.Series, order: Sequence[str], dimensions: int
) -> None:
    colours = colormaps["tab10" if len(order) <= 10 else "tab20"]
    for number, label in enumerate(order):
        points = components.points[(labels == label).to_numpy()]
        axes.scatter(
            *points[:, :dimensions].T,
            s=9,
            color=colours(number),
            label=plain(label),
            alpha=0.75,
            linewidths=0,
        )
    axes.set_xlabel(_title(components, 0), color=MUTED, fontsize=8)
    axes.set_ylabel(_title(components, 1), color=MUTED, fontsize=8)


def _title(components: Components, number: int) -> str:
    return f"component {number + 1}: {100 * components.ratios[number]:.1f} % of the variance"
