"""Finds a data set by the name of an experiment that uses it, or by the name of its folder."""

from __future__ import annotations

from collections.abc import Sequence

from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load, load_module, names
from kerasaudio.experiment.overrides import override
from kerasaudio.experiment.parts import DataSet
from kerasaudio.experiment.values import Experiment


def find(name: str, method: str, assignments: Sequence[str] = ()) -> Experiment:
    """Returns an experiment whose data set is meant by a name.

    Args:
        name: Name of an experiment, such as "gtzan_cnn1d:gap"; of a file with several experiments,
            of which the first one is taken; the path of your own experiment file; or the beginning
            of a data set's folder, such as "gtzan".
        method: What the data set should offer, such as "examine". A data set that is found by its
            folder does; one that is found by an experiment may not.
        assignments: Fields of the data set to set, such as "data.path=music.csv".

    Raises:
        UserError: If there is no such experiment or data set, or a field cannot be set.
    """
    for assignment in assignments:
        if not assignment.startswith("data."):
            raise UserError(f"--set {assignment}: expected a field of the data set, data.FIELD.")
    return override(_find(name, method), *assignments)


def _find(name: str, method: str) -> Experiment:
    if ":" in name:
        return load(name).experiment
    files = list(dict.fromkeys(each.partition(":")[0] for each in names()))
    if name.endswith(".py") or name in files:
        declared = _declared(name)
        return declared[0] if declared else load(name).experiment
    able = []
    for file in files:
        offering = [each for each in _declared(file) if _offers(each.data, method)]
        for experiment in offering:
            if experiment.data.folder.startswith(name):
                return experiment
        able += [file] if offering else []
    raise UserError(
        f"There is no data set or experiment called {name!r} that this command can use: "
        f"expected one of {', '.join(able)}."
    )


def _declared(file: str) -> list[Experiment]:
    """The experiments of a file, in its order."""
    module = vars(load_module(file))
    found = [*module.get("experiments", {}).values(), module.get("experiment")]
    return [each for each in found if isinstance(each, Experiment)]


def _offers(data: DataSet, method: str) -> bool:
    return any(method in vars(kind) for kind in type(data).__mro__ if kind is not DataSet)
