"""The settings of a search, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from kerasaudio.errors import UserError
from kerasaudio.tuning.space import Point, grid_size

DEFAULT_TRIALS = 32  # of random and Bayesian searches, which have no end of their own


@dataclass(frozen=True)
class SearchSettings:
    """How to search.

    Args:
        strategy: How points are drawn.
        trials: Number of trials. `None` stands for the whole grid, for all of Hyperband, and for
            `DEFAULT_TRIALS` with the other strategies.
        epochs: Epochs of a trial; `None` keeps those of the space.
        select_on: The split that trials are selected on. "test" gives scores that are too good.
        objective: Column of the history that trials are selected on, such as "val_macro_f1".
            `None` stands for the default of the task.
        refit: Whether the best trial is trained again for as long as the experiment says.
        assignments: Fields to set at every point, such as "fit.batch_size=64".
        seed: Seed of the fit and of splits that are drawn; `None` keeps the experiment's own.

    Raises:
        UserError: If there is no such strategy.
    """

    strategy: Literal["grid", "random", "bayesian", "hyperband"] = "grid"
    trials: int | None = None
    epochs: int | None = None
    select_on: Literal["valid", "test"] = "valid"
    objective: str | None = None
    refit: bool = False
    assignments: tuple[str, ...] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        strategies = get_args(get_type_hints(SearchSettings)["strategy"])
        if self.strategy not in strategies:
            raise UserError(f"strategy is {self.strategy!r}: expected {', '.join(strategies)}.")

    def limit(self, points: list[Point]) -> int | None:
        """Returns the number of trials after which the search ends.

        Args:
            points: What `explored` returned.

        Returns:
            The number, or `None` if the strategy says when to stop.

        Raises:
            UserError: If the strategy is a grid and some points ask for other hyper-parameters
                than the rest.
        """
        if self.strategy == "grid":
            size = grid_size(points)
            return min(self.trials or size, size)
        if self.strategy == "hyperband":
            return self.trials
        return self.trials or DEFAULT_TRIALS
