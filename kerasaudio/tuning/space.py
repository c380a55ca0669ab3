"""A search space and its points: hyper-parameters and the experiments that they stand for."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from keras_tuner import HyperParameters
from keras_tuner.engine.hyperparameters import Float, HyperParameter, Int
from keras_tuner.errors import FailedTrialError

from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Experiment, with_facts
from kerasaudio.experiment.catalogue import FAULTS, Entry, broken
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.experiment.serialization import frozen
from kerasaudio.tuning.oracles import CONDITIONAL

Space = Callable[[HyperParameters], Experiment]
Point = tuple[HyperParameters, Experiment | None]  # what it asked for; None for an impossible one
Value = bool | int | float | str


def space_of(entry: Entry) -> Space:
    """Returns the `space` of an experiment file.

    Args:
        entry: The experiment.

    Raises:
        UserError: If the file has none.
    """
    if entry.space is None:
        raise UserError(
            f"{entry.name} has no search space: expected a function space(hp) in its file."
        )
    return entry.space


def point_maker(
    entry: Entry,
    root: Path,
    assignments: Sequence[str] = (),
    seed: int | None = None,
    epochs: int | None = None,
    select_on: Literal["valid", "test"] = "valid",
) -> Space:
    """Returns the `space` of an experiment file, with the user's settings on top of every point.

    Args:
        entry: The experiment.
        root: The data root, for facts about the data such as labels.
        assignments: Fields to set, such as "fit.batch_size=64".
        seed: Seed of the fit and of splits that are drawn; `None` keeps the point's own.
        epochs: Epochs of a trial; `None` keeps the point's own.
        select_on: The split that trials are selected on.

    Raises:
        UserError: If the file has no `space`. The returned function raises it for a point that is
            no experiment.
    """
    space = space_of(entry)

    @functools.cache
    def complete(data: DataSet) -> DataSet:
        return with_facts(replace(entry.experiment, data=data), root).data

    def point(hp: HyperParameters) -> Experiment:
        try:
            value = space(hp)
        except FAULTS as error:
            raise broken(Path(str(entry.module.__file__)), error) from error
        if not isinstance(value, Experiment):
            raise UserError(
                f"space(hp) of {entry.name} returned {value!r}: expected an Experiment."
            )
        experiment = frozen(adjusted(value, assignments, seed))
        fit = replace(experiment.fit, epochs=epochs or experiment.fit.epochs, select_on=select_on)
        return replace(experiment, data=complete(experiment.data), fit=fit)

    return point


def explored(space: Space, reserved: Iterable[str | None]) -> list[Point]:
    """Returns the points that `explore` visits, after a check that the space can be searched.

    Args:
        space: The space.
        reserved: Names that a hyper-parameter must not have: columns of the table of trials.

    Raises:
        UserError: If there is no hyper-parameter, if one has a reserved name, or if all visited
            points are impossible.
    """
    points = explore(space)
    names = {parameter.name for point, _ in points for parameter in point.space}
    if not names:
        raise UserError(
            "The space has no hyper-parameters: expected space(hp) to ask hp for at least one "
            "value."
        )
    if taken := sorted(names & set(reserved)):
        raise UserError(
            f"The space calls a hyper-parameter {taken[0]!r}, as trials.csv does a column: rename "
            "it."
        )
    if not any(experiment for _, experiment in points):
        raise UserError(
            "The space's default point is impossible, and so is all that differs from it in one "
            "value."
        )
    return points


def first_experiment(points: list[Point]) -> Experiment:
    """Returns the experiment of the first possible point of an explored space."""
    return next(experiment for _, experiment in points if experiment)


def explore(space: Space) -> list[Point]:
    """Returns the default point and all points that differ from it in one value.

    Of a range, both ends are visited. A hyper-parameter that only some points ask for is varied at
    the first of them.

    Args:
        space: The space.

    Raises:
        UserError: If the default point raises it.
    """
    first = HyperParameters()
    points = [(first, _possible(space, first, FailedTrialError))]
    varied = set()
    for point, _ in points:
        for parameter in point.space:
            config = repr(parameter.get_config())
            if config in varied or not point.is_active(parameter):
                continue
            varied.add(config)
            for value in _extremes(parameter):
                if value != point.values[parameter.name]:
                    other = HyperParameters()
                    other.values = {**point.values, parameter.name: value}
                    points.append((other, _possible(space, other, FailedTrialError, UserError)))
    return points


def _possible(
    space: Space, point: HyperParameters, *impossible: type[Exception]
) -> Experiment | None:
    with contextlib.suppress(*impossible):
        return space(point)
    return None


def widest(hyperparameters: HyperParameters) -> HyperParameters:
    """Returns the corner of a space in which every number is largest.

    Args:
        hyperparameters: All hyper-parameters of the space.
    """
    corner = hyperparameters.copy()
    for parameter in corner.space:
        values = _extremes(parameter)
        numbers = all(isinstance(value, int | float) for value in values)
        corner.values[parameter.name] = max(values) if numbers else parameter.default
    return corner


def _extremes(parameter: HyperParameter) -> list[Value]:
    """Both ends of a range, all values of any other hyper-parameter."""
    if isinstance(parameter, Int | Float):
        return [parameter.min_value, parameter.max_value]
    return list(parameter.values)


def grid_size(points: list[Point]) -> int:
    """Returns the number of combinations of an explored space.

    Args:
        points: What `explore` returned.

    Raises:
        UserError: If some points ask for other hyper-parameters than the rest.
    """
    spaces = [point.space for point, experiment in points if experiment]
    names = [{parameter.name for parameter in space} for space in spaces]
    conditional = any(parameter.conditions for parameter in spaces[0])
    if conditional or any(each != names[0] for each in names):
        raise UserError(CONDITIONAL)
    return math.prod(len(list(parameter.values)) for parameter in spaces[0])
