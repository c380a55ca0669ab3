"""Reads the splits of a search's trials, the same splits only once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Experiment, FrontEnd, Splits
from kerasaudio.training.cache import Cache
from kerasaudio.training.precompute import load_splits, precompute
from kerasaudio.tuning.stacks.blocks import Load


def loaders(
    first: Experiment, root: Path, cache: Cache | None
) -> tuple[Callable[[DataSet], Splits], Load]:
    """Returns a function that reads a data set, and one that also precomputes for a front end.

    Args:
        first: The first possible point of the space.
        root: The data root.
        cache: Cache of what front ends precompute.

    Returns:
        Two functions. Both raise UserError if the data cannot be read, or if it can't be compared
        with that of the first point.
    """

    @functools.cache
    def read(data: DataSet) -> Splits:
        if data.incomparable and data.protocol != first.data.protocol:
            raise UserError(
                f"The space has {first.data.protocol} and {data.protocol}: {data.incomparable}."
            )
        return load_splits(replace(first, data=data), root)

    @functools.cache
    def load(data: DataSet, frontend: FrontEnd) -> Splits:
        return precompute(replace(first, data=data, frontend=frontend), read(data), cache)

    return read, load
