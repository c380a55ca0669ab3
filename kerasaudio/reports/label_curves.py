"""Precision over recall of each label, with the threshold that validation has chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, precision_recall_curve

from kerasaudio.reports.drawing import INK, VALID, plain, svg, tidy

MOST = 20  # labels that are drawn; more would be too small to read
COLUMNS = 5


def label_curves(
    predictions: pd.DataFrame, labels: Sequence[str], thresholds: Mapping[str, Mapping[str, Any]]
) -> str:
    """Returns a curve for each label as SVG; empty if there are fewer than three or many labels.

    Args:
        predictions: The columns "truth" and one with probabilities for each label.
        labels: The labels.
        thresholds: "value" of the threshold of some labels; a dot shows what it gives.
    """
    present = [label for label in labels if (predictions.truth == label).any()]
    if not 3 <= len(labels) <= MOST or len(present) < len(labels):
        return ""
    rows = -(-len(labels) // COLUMNS)
    figure = Figure(figsize=(9.4, 2 * rows), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, label in zip(grid, labels, strict=False):
        held, probability = predictions.truth == label, predictions[label]
        precision, recall, _ = precision_recall_curve(held, probability)
        axes.plot(recall, precision, color=VALID, linewidth=1.2)
        if label in thresholds:
            found = probability >= thresholds[label]["value"]
            right = (found & held).sum()
            axes.plot(right / held.sum(), right / max(found.sum(), 1), "o", color=INK, markersize=4)
        area = average_precision_score(held, probability)
        axes.set_title(plain(f"{label} {area:.2f}"), loc="left", fontsize=8, color=INK)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.05))
        tidy(axes)
    for axes in grid[len(labels) :]:
        axes.set_visible(False)
    figure.supxlabel("recall", fontsize=8)
    figure.supylabel("precision", fontsize=8)
    return svg(figure)
