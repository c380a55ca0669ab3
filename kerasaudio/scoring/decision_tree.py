"""A decision tree that people can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.tree import DecisionTreeClassifier

from kerasaudio.scoring.baselines import Rows, at_most

TREE = "decision tree"  # its name among the classical methods


def readable_tree(train: Rows, settings: Mapping[str, Any], seed: int) -> DecisionTreeClassifier:
    """Returns a tree that asks about features in their own units, not about scaled ones.

    It gives the same answers: a tree does not change with the scale of a feature.

    Args:
        train: Rows to fit; of more than 10,000 rows, that many are drawn.
        settings: The settings that cross-validation chose.
        seed: Seed of the tree, which looks at features in a random order.
    """
    some = at_most(train, seed)
    tree = DecisionTreeClassifier(**settings, random_state=seed)
    return tree.fit(some.features, some.y_true)
