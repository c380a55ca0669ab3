"""What a source says about its search, put so that a search can answer."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Share:
    """Of the best `top` trials, at least the share `least` have one of `values`."""

    text: str
    parameter: str
    values: tuple[object, ...]
    top: int
    least: float

    def check(self, trials: pd.DataFrame) -> tuple[bool | None, str]:
        """Whether it holds in the table of trials (best first), and the figure; None where there are too few trials."""
        if len(trials) < self.top:
            return None, f"needs {self.top} trials, has {len(trials)}"
        share = trials[self.parameter].head(self.top).isin(self.values).mean()
        overall = trials[self.parameter].isin(self.values).mean()
        return bool(
            share >= self.least
        ), f"{share:.0%} of the best {self.top} (of all trials: {overall:.0%})"


@dataclass(frozen=True)
class NoTrend:
    """None of the parameters' values is better than another by more than `margin` of the objective, on average."""

    text: str
    parameters: tuple[str, ...]
    margin: float

    def check(self, trials: pd.DataFrame) -> tuple[bool | None, str]:
        """Whether it holds in the table of trials, and the largest difference of means."""
        means = {
            parameter: trials.groupby(parameter).objective.mean() for parameter in self.parameters
        }
        if any(len(each) < 2 for each in means.values()):
            return None, "needs trials with every value"
        widest = {parameter: float(each.max() - each.min()) for parameter, each in means.items()}
        name = max(widest, key=lambda parameter: widest[parameter])
        return widest[
            name
        ] <= self.margin, f"largest difference of means: {name} {widest[name]:.4f}"
