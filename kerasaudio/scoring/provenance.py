"""What a score was measured on. No score is shown without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasaudio.data.standins.standin import is_standin
from kerasaudio.experiment import Experiment, Splits


@dataclass(frozen=True)
class Provenance:
    """What a score was measured on.

    Args:
        protocol: Name of the data set's protocol.
        split: "train", "valid" or "test".
        members: SHA-256 of which examples are in which split.
        n: Number of examples.
        prevalence: Share of the examples that have each label.
        seed: Seed of the fit.
        selected_on: Split that chose weights and hyper-parameters.
        synthetic: Whether the data is a synthetic stand-in.
    """

    protocol: str
    split: str
    members: str
    n: int
    prevalence: dict[str, float]
    seed: int
    selected_on: str
    synthetic: bool

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Provenance:
        """Returns the value whose members are those of a JSON object.

        Raises:
            TypeError: If a member is missing, unknown or of another type.
        """
        found = cls(**value)
        types = (str, str, str, int, dict, int, str, bool)
        for (name, each), wanted in zip(vars(found).items(), types, strict=True):
            if type(each) is not wanted:
                raise TypeError(f"{name} is {str(each)[:50]}")
        if not all(isinstance(share, int | float) for share in found.prevalence.values()):
            raise TypeError("prevalence has what is no number")
        return found

    def __str__(self) -> str:
        source = "STAND-IN (synthetic data), " if self.synthetic else ""
        warning = ", SELECTED ON TEST" if self.selected_on == "test" else ""
        return (
            f"{source}{self.protocol}, {self.split} n={self.n}, members {self.members[:8]}, "
            f"seed {self.seed}{warning}"
        )

    def warnings(self) -> list[str]:
        """Returns a sentence for each reason not to believe the scores; usually none."""
        found = []
        if self.synthetic:
            found.append(
                "STAND-IN: trained and scored on synthetic data. "
                "These figures say nothing about real sound."
            )
        if "LEAKS" in self.protocol:
            found.append(
                "THIS PROTOCOL LEAKS: parts of one recording are on both sides of the split. "
                "The scores are too good."
            )
        if self.selected_on == "test":
            found.append(
                "SELECTED ON TEST: epochs or trials were chosen on the examples that are scored "
                "here. The scores are too good."
            )
        return found


def provenance(experiment: Experiment, splits: Splits, split: str, root: Path) -> Provenance:
    """Returns what the scores of a split are measured on.

    Args:
        experiment: The experiment.
        splits: Its splits.
        split: "train", "valid" or "test".
        root: The data root.
    """
    examples = dict(splits)[split]
    counts = examples.counts(experiment.data.labels)
    return Provenance(
        protocol=experiment.data.protocol,
        split=split,
        members=splits.members_hash(),
        n=len(examples),
        prevalence={label: round(n / len(examples), 6) for label, n in counts.items()},
        seed=experiment.fit.seed,
        selected_on=selected_on(experiment, splits),
        synthetic=is_standin(root),
    )


def selected_on(experiment: Experiment, splits: Splits) -> str:
    """Returns the name of the split that weights are chosen on.

    It is "test", too, where the validation split has the test split's members.
    """
    return "test" if splits.valid.ids == splits.test.ids else experiment.fit.select_on
