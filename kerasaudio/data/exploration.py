"""What a table of features says about itself: correlations, in an order in which blocks show, and components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler


@dataclass(frozen=True)
class Components:
    """The first three principal components of columns scaled to 0..1."""

    points: np.ndarray  # (rows, 3)
    ratios: tuple[float, ...]  # share of the variance that each explains


def ordered_correlation(features: pd.DataFrame) -> pd.DataFrame:
    """Pearson's correlation of every two columns; columns that go together, or against each other, stand together."""
    correlation = features.corr()
    distance = squareform(1 - correlation.abs().to_numpy(), checks=False)
    tree = hierarchy.linkage(np.maximum(distance, 0), method="average", optimal_ordering=True)
    order = hierarchy.leaves_list(tree)
    return correlation.iloc[order, order]


def strongest_pairs(correlation: pd.DataFrame, count: int) -> list[dict[str, Any]]:
    """The pairs of columns with the largest absolute correlation, largest first."""
    values = correlation.to_numpy()
    first, second = np.triu_indices(len(values), k=1)
    order = np.argsort(-np.abs(values[first, second]), kind="stable")[:count]
    names = list(correlation.columns)
    return [pair(correlation, names[first[place]], names[second[place]]) for place in order]


def pair(correlation: pd.DataFrame, first: str, second: str) -> dict[str, Any]:
    """Two columns and their correlation."""
    return {
        "first": first,
        "second": second,
        "r": float(correlation.to_numpy()[_at(correlation, first, second)]),
    }


def _at(correlation: pd.DataFrame, first: str, second: str) -> tuple[int, int]:
    names = list(correlation.columns)
    return names.index(first), names.index(second)


def principal_components(features: pd.DataFrame) -> Components:
    """Three components of all rows, every column scaled to 0..1."""
    pca = PCA(3, svd_solver="full")
    points = pca.fit_transform(MinMaxScaler().fit_transform(features.to_numpy()))
    return Components(points, tuple(float(ratio) for ratio in pca.explained_variance_ratio_))
