"""The page about a table of features, for people."""

from __future__ import annotations

from pathlib import Path

from kerasaudio.data.tables.exploration import MEAN, Exploration, Pair, explore, summary
from kerasaudio.experiment import DataSet
from kerasaudio.reports import exploration_figures as figures
from kerasaudio.reports.page import (
    Block,
    Cell,
    Columns,
    Content,
    Grid,
    Hero,
    Note,
    Picture,
    Section,
    Table,
    render,
)

DRAWN = 200  # features that are drawn by label, at most
CORRELATED = 100  # columns whose correlations are drawn, at most
STANDIN = "STAND-IN: this table is synthetic. These figures say nothing about real sound."


def explored_page(data: DataSet, root: Path) -> tuple[str, list[str]]:
    """Explores a data set's table and returns the page about it, and lines for the console.

    Args:
        data: A data set that is a table.
        root: The data root.

    Raises:
        UserError: If the table cannot be read, or the data set is no table.
    """
    exploration = explore(data, root)
    return page(exploration), summary(exploration)


def page(exploration: Exploration) -> str:
    """Returns the page about a table as HTML.

    Args:
        exploration: What the table says about itself.
    """
    rows, features = exploration.features.shape
    sections: list[Section | Columns] = [
        _summary(exploration),
        _correlation(exploration),
        Columns([_pairs(exploration), _counts(exploration)]),
        _components(exploration),
        _features(exploration),
    ]
    warnings = [STANDIN] if exploration.synthetic else []
    subtitle = f"{rows} rows · {features} features · {len(exploration.labels)} labels"
    return render(exploration.file, subtitle, warnings, sections)


def _summary(exploration: Exploration) -> Section:
    rows, features = exploration.features.shape
    explained = f"{100 * sum(exploration.components.ratios):.1f} %"
    figures = [
        (str(rows), "rows"),
        (str(len(exploration.labels)), "labels"),
        (str(features), "features"),
        (str(exploration.duplicates), "rows that equal an earlier one"),
        (explained, "of the variance in three components"),
    ]
    return Section("", [Hero(figures)])


def _correlation(exploration: Exploration) -> Section:
    whole = exploration.correlation
    first = f" The first {CORRELATED} of {len(whole)} are drawn." if len(whole) > CORRELATED else ""
    note = Note(
        f"Pearson's r over all rows, written out from ±{figures.WRITTEN} on. Columns stand beside "
        f"those that they go with or against (average linkage on 1 − |r|).{first}"
    )
    columns = "the mean columns" if _means_only(exploration) else "the columns"
    drawn = Picture(figures.heatmap(whole.iloc[:CORRELATED, :CORRELATED]))
    return Section(f"Correlation of {columns}", [drawn, note])


def _means_only(exploration: Exploration) -> bool:
    return all(str(name).endswith(MEAN) for name in exploration.correlation.columns)


def _pairs(exploration: Exploration) -> Section:
    rows = [
        [pair.first.removesuffix(MEAN), pair.second.removesuffix(MEAN), _r(pair)]
        for pair in exploration.pairs
    ]
    kind = "mean of" if _means_only(exploration) else "column"
    blocks: list[Block] = [Table([kind, "and", "r"], rows, numeric=(2,))]
    claim = exploration.claim
    if claim and not exploration.synthetic:
        pair = claim.pair
        found = "they go against each other" if pair.r < 0 else "they go together"
        text = f"{claim.source} calls {pair.first} and {pair.second} correlated “close to 1.00”. "
        blocks.append(Note(f"{text}In the table it is {_r(pair)}: {found}."))
    return Section("The strongest pairs", blocks)


def _r(pair: Pair) -> str:
    return f"{pair.r:+.4f}".replace("-", "−")


def _counts(exploration: Exploration) -> Section:
    counts = exploration.counts
    most = max(counts.values())
    rows: list[list[Content]] = [[label, Cell(str(n), bar=n / most)] for label, n in counts.items()]
    return Section("Rows of each label", [Table([], rows, numeric=(1,))])


def _components(exploration: Exploration) -> Section:
    values = exploration.components, exploration.row_labels, exploration.labels
    drawn = Grid([("", figures.plane(*values)), ("", figures.space(*values))], width=380)
    ratios = _ratios(exploration.components.ratios)
    text = f"All features scaled to 0..1, all rows. Explained variance: {ratios}."
    claim = exploration.claim
    if claim and not exploration.synthetic:
        text += f" {claim.source} gives {_ratios(claim.ratios)}."
    return Section("Principal components", [drawn, Note(text)])


def _ratios(ratios: tuple[float, ...]) -> str:
    return ", ".join(f"{ratio:.8f}" for ratio in ratios)


def _features(exploration: Exploration) -> Section:
    features, labels = exploration.features, exploration.row_labels
    drawn = [
        (str(name), figures.boxes(features[name], labels, exploration.labels))
        for name in features.columns[:DRAWN]
    ]
    text = (
        "Line: median; box: quartiles; whiskers: 5th to 95th percentile. Labels stand in the order "
        "of their medians."
    )
    if len(drawn) < features.shape[1]:
        text += f" Only the first {len(drawn)} features are shown."
    return Section("Every feature by label", [Grid(drawn, width=280), Note(text)])
