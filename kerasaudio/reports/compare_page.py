"""compare.html: runs side by side, in groups that were measured on the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kerasaudio.reports.page import Cell, Content, Note, Section, Table, render
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance

ABOUT_DIFFERENCES = (
    "A difference is the mean over the same test clips, with the 95 % interval of a paired "
    "bootstrap. Where the interval holds 0, the test clips do not tell which is better. Intervals "
    "are not corrected for the number of comparisons."
)


@dataclass(frozen=True)
class Row:
    """A run, or the runs of a series.

    Args:
        name: Its folder.
        scores: A score for each metric, as text.
        seeds: The seeds, as text.
        selected_on: The split that chose weights and hyper-parameters.
        report: The report of the first run, relative to the page.
    """

    name: str
    scores: Sequence[str]
    seeds: str
    selected_on: str
    report: str


@dataclass(frozen=True)
class Group:
    """Runs that were measured on the same examples.

    Args:
        provenance: What they were measured on.
        warnings: Reasons not to believe the scores.
        titles: What people call the metrics.
        rows: The runs, the best first.
        differences: Two runs, what was compared, the difference, and the number of pairs of runs.
    """

    provenance: Provenance
    warnings: Sequence[str]
    titles: Sequence[str]
    rows: Sequence[Row]
    differences: Sequence[tuple[str, str, str, Score, int]]

    @property
    def title(self) -> str:
        """What all runs were measured on, in a line."""
        source = "STAND-IN (synthetic data), " if self.provenance.synthetic else ""
        return (
            f"{source}{self.provenance.protocol}, {self.provenance.split} n={self.provenance.n}, "
            f"members {self.provenance.members[:8]}"
        )

    def lines(self) -> list[str]:
        """Returns the group as lines for the console."""
        width = max(len(row.name) for row in self.rows) + 2
        titles = "".join(f"{title:24}" for title in self.titles)
        found = [self.title, f"{'run':{width}}{titles}seed  selected on"]
        for row in self.rows:
            each = "".join(f"{score:24}" for score in row.scores)
            found.append(f"{row.name:{width}}{each}{row.seeds:>4}  {row.selected_on}")
        return found + [
            f"{one} - {other}: {told}" for one, other, told in map(_told, self.differences)
        ]


def page(groups: Sequence[Group]) -> str:
    """Returns the page as HTML.

    Args:
        groups: The groups of runs.
    """
    count = sum(len(group.rows) for group in groups)
    warnings = list(dict.fromkeys(line for group in groups for line in group.warnings))
    named = warnings if len(groups) == 1 else []
    sections = [_section(group, group.warnings if len(groups) > 1 else ()) for group in groups]
    return render("Runs side by side", f"{count} rows", named, sections)


def _section(group: Group, warnings: Sequence[str]) -> Section:
    head = ["run", *group.titles, "seed", "selected on"]
    rows: list[list[Content]] = [
        [Cell(row.name, link=row.report), *row.scores, row.seeds, row.selected_on]
        for row in group.rows
    ]
    numeric = range(1, 1 + len(group.titles))
    blocks: list[Table | Note] = [*map(Note, warnings), Table(head, rows, numeric)]
    if group.differences:
        told = [list(_told(each)) for each in group.differences]
        blocks += [Table(["run", "other run", "difference"], told), Note(ABOUT_DIFFERENCES)]
    return Section(group.title, blocks)


def _told(difference: tuple[str, str, str, Score, int]) -> tuple[str, str, str]:
    one, other, what, score, pairs = difference
    of = f", {pairs} pairs of runs" if pairs > 1 else ""
    return one, other, f"{what} {score.value:+.3f} [{score.low:+.3f}, {score.high:+.3f}]{of}"
