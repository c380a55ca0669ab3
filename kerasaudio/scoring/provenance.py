"""What a score was measured on: no score is shown without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.splits import Splits
from kerasaudio.data.standin import is_standin
from kerasaudio.experiment import Experiment


@dataclass(frozen=True)
class Stamp:
    """What a score was measured on; no score is written without one."""

    protocol: str
    split: str
    members: str  # SHA-256 of who is in which split
    n: int
    prevalence: dict[str, float]  # share of each label
    seed: int  # of the fit
    selected_on: str  # the split that chose weights and hyper-parameters
    synthetic: bool

    def __str__(self) -> str:
        source = "STAND-IN (synthetic data), " if self.synthetic else ""
        warning = ", SELECTED ON TEST" if self.selected_on == "test" else ""
        return f"{source}{self.protocol}, {self.split} n={self.n}, members {self.members[:8]}, seed {self.seed}{warning}"


def stamp(experiment: Experiment, splits: Splits, split: str, root: Path) -> Stamp:
    """The stamp of a split's scores."""
    examples = dict(splits)[split]
    counts = examples.counts(experiment.data.labels)
    return Stamp(
        protocol=experiment.data.protocol,
        split=split,
        members=splits.members_hash(),
        n=len(examples),
        prevalence={label: round(count / len(examples), 6) for label, count in counts.items()},
        seed=experiment.fit.seed,
        selected_on=selected_on(experiment, splits),
        synthetic=is_standin(root),
    )


def selected_on(experiment: Experiment, splits: Splits) -> str:
    """The split that weights are chosen on; the test split, too, where validation has the same members."""
    return "test" if splits.valid.ids == splits.test.ids else experiment.fit.select_on
