"""What a source says about its search, as values that a search's table of trials can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pandas as pd


class Claim(Protocol):
    """A claim about a search that its trials can answer."""

    @property
    def text(self) -> str:
        """The claim in words."""
        ...

    def check(self, trials: pd.DataFrame) -> tuple[bool | None, str]:
        """Returns whether the claim holds in the table of trials, and a figure in words."""
        ...


@dataclass(frozen=True)
class Share:
    """The claim that the best trials mostly have certain values of a hyper-parameter.

    Args:
        text: The claim in words.
        parameter: Name of the hyper-parameter.
        values: The values.
        top: Number of best trials that the claim is about.
        least: Smallest share of these that has one of the values, from 0 to 1.
    """

    text: str
    parameter: str
    values: tuple[object, ...]
    top: int
    least: float

    def check(self, trials: pd.DataFrame) -> tuple[bool | None, str]:
        """Returns whether the claim holds, and the share that was found.

        Args:
            trials: One row for each trial, the best first; one column for each hyper-parameter.

        Returns:
            `None` instead of a truth value if there are too few trials, and a text with the share.
        """
        if len(trials) < self.top:
            return None, f"needs {self.top} trials, has {len(trials)}"
        share = trials[self.parameter].head(self.top).isin(self.values).mean()
        overall = trials[self.parameter].isin(self.values).mean()
        figure = f"{share:.0%} of the best {self.top} (of all trials: {overall:.0%})"
        return bool(share >= self.least), figure


@dataclass(frozen=True)
class NoTrend:
    """The claim that no value of some hyper-parameters is better than another, on average.

    Args:
        text: The claim in words.
        parameters: Names of the hyper-parameters.
        margin: Largest difference between the mean objectives of two values.
    """

    text: str
    parameters: tuple[str, ...]
    margin: float

    def check(self, trials: pd.DataFrame) -> tuple[bool | None, str]:
        """Returns whether the claim holds, and the largest difference that was found.

        Args:
            trials: One row for each trial; one column for each hyper-parameter, and "objective".

        Returns:
            `None` instead of a truth value if some values were not tried, and a text with the
            difference.
        """
        means = {name: trials.groupby(name).objective.mean() for name in self.parameters}
        if any(len(each) < 2 for each in means.values()):
            return None, "needs trials with every value"
        differences = {name: float(each.max() - each.min()) for name, each in means.items()}
        name = max(differences, key=lambda name: differences[name])
        figure = f"largest difference of means: {name} {differences[name]:.4f}"
        return differences[name] <= self.margin, figure
