"""The first questions of a decision tree, as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.tree import DecisionTreeClassifier, plot_tree

from kerasaudio.reports.drawing import plain, svg

LEVELS = 2  # of questions below the first one; more could not be read


def tree_figure(tree: DecisionTreeClassifier, columns: Sequence[str], labels: Sequence[str]) -> str:
    """Draws the first questions of a tree; the answer yes goes to the left.

    Args:
        tree: The tree, fitted to features in their own units.
        columns: Names of the features.
        labels: Names of the labels that the tree knows, in the order of their numbers.
    """
    figure = Figure(figsize=(9.4, 4.4), layout="constrained")
    FigureCanvasAgg(figure)  # plot_tree measures its texts with it
    plot_tree(
        tree,
        max_depth=LEVELS,
        feature_names=[plain(name) for name in columns],
        class_names=[plain(name) for name in labels],
        label="none",
        impurity=False,
        rounded=True,
        precision=4,
        fontsize=7,
        ax=figure.subplots(),
    )
    return svg(figure)
