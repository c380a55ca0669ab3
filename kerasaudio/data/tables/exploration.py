"""What a table of features says about itself: duplicates, correlations and principal components."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.data.standins.standin import is_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet

STRONGEST = 12  # pairs of columns that are listed
FEWEST = 3  # rows, and features that differ, that components can be computed of
MEAN = "_mean"  # end of the names of those columns that are compared where there are such

# Sin's report on GTZAN calls these two correlated "close to 1.00".
GTZAN_CLAIM = ("mfcc2_mean", "spectral_centroid_mean")
GTZAN_RATIOS = (0.24644968, 0.22028192, 0.09803759)


@dataclass(frozen=True)
class Pair:
    """Two columns and Pearson's correlation of their values.

    Args:
        first: Name of one column.
        second: Name of the other column.
        r: The correlation, from -1 to 1.
    """

    first: str
    second: str
    r: float


@dataclass(frozen=True, eq=False)
class Components:
    """The first three principal components of columns that were scaled to 0..1.

    Args:
        points: The rows, of shape `(rows, 3)`.
        ratios: Share of the variance that each component explains.
    """

    points: np.ndarray
    ratios: tuple[float, ...]


@dataclass(frozen=True)
class Claim:
    """What a source says about the same table.

    Args:
        source: Who says it.
        pair: The columns that it calls correlated "close to 1.00", and their correlation here.
        ratios: Share of the variance that each of three components explains, as it says.
    """

    source: str
    pair: Pair
    ratios: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Exploration:
    """Everything that the page about a table shows.

    Args:
        file: The table's file, relative to the data root.
        synthetic: Whether the table is a stand-in.
        labels: The labels, in the order of the model's outputs.
        features: The features of all rows, of shape `(rows, features)`.
        row_labels: The label of each row.
        duplicates: Number of rows whose features equal an earlier row's.
        correlation: Pearson's correlation of every two columns that differ from row to row: of the
            means if the table has columns called `..._mean`, otherwise of all. Columns that go
            together, or against each other, stand side by side.
        pairs: The pairs of these columns with the largest absolute correlation, largest first.
        components: Three principal components of all features.
        claim: What a source says about the table, or `None`.
    """

    file: str
    synthetic: bool
    labels: tuple[str, ...]
    features: pd.DataFrame
    row_labels: pd.Series
    duplicates: int
    correlation: pd.DataFrame
    pairs: tuple[Pair, ...]
    components: Components
    claim: Claim | None

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows of each label."""
        return {label: int((self.row_labels == label).sum()) for label in self.labels}


def explore(data: DataSet, root: Path) -> Exploration:
    """Returns what a data set's table says about itself.

    Args:
        data: A data set with a table.
        root: The data root.

    Raises:
        UserError: If the data set is no table, its file cannot be read, or it has fewer than three
            rows, or than three features that differ from row to row.
    """
    data = data.with_facts(root)
    table = data.table(root)
    features = table[list(data.columns or ())]
    varying = features.loc[:, features.nunique() > 1]
    if min(varying.shape) < FEWEST:
        raise UserError(
            f"{root / data.folder} has {len(features)} rows and {varying.shape[1]} features that "
            f"differ from row to row: expected at least {FEWEST} of both."
        )
    means = varying.filter(like=MEAN)
    correlation = ordered_correlation(means if means.shape[1] >= FEWEST else varying)
    return Exploration(
        file=_file(data),
        synthetic=is_standin(root),
        labels=data.labels,
        features=features,
        row_labels=table["label"],
        duplicates=int(features.duplicated().sum()),
        correlation=correlation,
        pairs=strongest_pairs(correlation, STRONGEST),
        components=principal_components(features),
        claim=_claim(data, correlation),
    )


def summary(facts: Exploration) -> list[str]:
    """Returns the most important facts about a table as lines of text."""
    rows, features = facts.features.shape
    ratios = ", ".join(f"{ratio:.8f}" for ratio in facts.components.ratios)
    return [
        f"table     {rows} rows, {features} features, {facts.duplicates} duplicate rows",
        f"PCA       explained variance {ratios} (columns scaled to 0..1)",
        *(f"pair      {pair.first}, {pair.second}: {pair.r:+.4f}" for pair in facts.pairs[:5]),
    ]


def _file(data: DataSet) -> str:
    return f"{data.folder}/{data.FILE}" if isinstance(data, GtzanFeatures) else data.folder


def _claim(data: DataSet, correlation: pd.DataFrame) -> Claim | None:
    if not isinstance(data, GtzanFeatures):
        return None
    return Claim("Sin, ITI106", pair(correlation, *GTZAN_CLAIM), GTZAN_RATIOS)


def ordered_correlation(features: pd.DataFrame) -> pd.DataFrame:
    """Returns Pearson's correlation of every two columns, in an order in which blocks show.

    Columns that go together, or against each other, stand side by side: average linkage on the
    distance 1 - |r|.

    Args:
        features: Columns of numbers, none of them constant.
    """
    correlation = features.corr()
    distance = squareform(1 - correlation.abs().to_numpy(), checks=False)
    tree = hierarchy.linkage(np.maximum(distance, 0), method="average", optimal_ordering=True)
    order = hierarchy.leaves_list(tree)
    return correlation.iloc[order, order]


def strongest_pairs(correlation: pd.DataFrame, count: int) -> tuple[Pair, ...]:
    """Returns the pairs of columns with the largest absolute correlation, largest first.

    Args:
        correlation: Correlation of every two columns.
        count: Number of pairs.
    """
    values = correlation.to_numpy()
    first, second = np.triu_indices(len(values), k=1)
    order = np.argsort(-np.abs(values[first, second]), kind="stable")[:count]
    names = list(correlation.columns)
    return tuple(pair(correlation, names[first[place]], names[second[place]]) for place in order)


def pair(correlation: pd.DataFrame, first: str, second: str) -> Pair:
    """Returns two columns and their correlation."""
    names = list(correlation.columns)
    r = correlation.to_numpy()[names.index(first), names.index(second)]
    return Pair(first, second, float(r))


def principal_components(features: pd.DataFrame) -> Components:
    """Returns the first three principal components of all rows, every column scaled to 0..1."""
    pca = PCA(3, svd_solver="full")
    points = pca.fit_transform(MinMaxScaler().fit_transform(features.to_numpy()))
    return Components(points, tuple(float(ratio) for ratio in pca.explained_variance_ratio_))
