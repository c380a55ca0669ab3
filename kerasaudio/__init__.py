"""Trains audio classifiers in Keras and TensorFlow.

The functions here are for notebooks and scripts; `python -m kerasaudio.train --help` and the other
commands do the same from a shell. Importing this package is quick: TensorFlow is imported by the
first function that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kerasaudio.training.backend import import_keras, set_environment
from kerasaudio.training.registration import register_with_keras

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from kerasaudio.experiment import Experiment
    from kerasaudio.runs.evaluate import Evaluation
    from kerasaudio.runs.folder import Run
    from kerasaudio.tuning.search import SearchResult

__version__ = "0.2.0"
__all__ = ["evaluate", "load", "load_model", "predict", "search", "train"]

set_environment()
register_with_keras()


def load(name: str) -> Experiment:
    """Returns an experiment.

    Args:
        name: A name that `python -m kerasaudio.train --list` shows, such as "gtzan_cnn1d:gap", or
            the path of an own experiment file.

    Raises:
        kerasaudio.errors.UserError: If there is no such experiment.
    """
    import_keras()
    from kerasaudio.experiment import catalogue

    return catalogue.load(name).experiment


def train(
    experiment: Experiment | str,
    data: str | Path | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
) -> Run:
    """Trains an experiment into a new run folder.

    Args:
        experiment: An experiment, or its name.
        data: Folder that holds the data sets, or its address in a store, such as s3://bucket/root.
            `None` takes the folder `data` if it has the set, otherwise a synthetic stand-in is
            made.
        runs: Folder that gets the run folder.
        name: Name of the run folder, to which a number is added. `None` takes the experiment's
            name, or "own" for an experiment that was given as a value.

    Returns:
        The run, with `path`, `scores` and `provenance`.

    Raises:
        kerasaudio.errors.UserError: If the data or the experiment is not as expected.
    """
    import_keras()
    from kerasaudio.data.standins.standin import data_root
    from kerasaudio.data.stores.stores import data_path
    from kerasaudio.experiment import catalogue
    from kerasaudio.runs import train as single
    from kerasaudio.runs.folder import free_name

    if isinstance(experiment, str):
        name, experiment = name or experiment, catalogue.load(experiment).experiment
    name = name or "own"
    root = data_root(data_path(data) if data else None, Path(runs), experiment)
    return single.train(experiment, name, root, free_name(Path(runs), name))


def search(
    name: str,
    strategy: Literal["grid", "random", "bayesian", "hyperband"] = "random",
    trials: int | None = None,
    data: str | Path | None = None,
    runs: str | Path = "runs",
    workers: int | None = None,
    cluster: str | None = None,
) -> SearchResult:
    """Searches the space of an experiment file; the same call goes on with a search that stopped.

    Args:
        name: Name of an experiment with a search space, or the path of an own experiment file.
        strategy: "grid", "random", "bayesian" or "hyperband".
        trials: Number of trials. `None` takes all of a grid, or 32.
        data: See `train`.
        runs: Folder that gets the search's folder.
        workers: Number of processes of this machine that train trials; needs Ray.
        cluster: Address of a Ray cluster that trains trials, or "auto"; this machine belongs to it.

    Returns:
        The result, with `folder`, `trials` (a table, the best first), `best` (an experiment) and
        `run` (the best trial's run).

    Raises:
        kerasaudio.errors.UserError: If the experiment has no search space, there is no such
            strategy, or the processes or machines cannot be used.
    """
    import_keras()
    from kerasaudio.cluster.executor import machines
    from kerasaudio.data.standins.standin import data_root
    from kerasaudio.data.stores.stores import data_path
    from kerasaudio.experiment import catalogue
    from kerasaudio.tuning.search import search as search_space
    from kerasaudio.tuning.settings import SearchSettings
    from kerasaudio.tuning.space import space_of

    entry = catalogue.load(name)
    settings = SearchSettings(strategy=strategy, trials=trials)
    space_of(entry)  # or one line, before a stand-in is made
    root = data_root(data_path(data) if data else None, Path(runs), entry.experiment)
    places = (root, Path(runs), None, machines(workers, cluster))
    return search_space(entry, settings, *places)


def evaluate(run: Run | str | Path, split: str = "test") -> Evaluation:
    """Scores a run's model on one of its splits.

    Args:
        run: A run, or the path of its folder.
        split: "train", "valid" or "test".

    Returns:
        The evaluation, with `scores`, `probabilities` and `provenance`.

    Raises:
        kerasaudio.errors.UserError: If there is no such run or split, or its data has changed.
    """
    import_keras()
    from kerasaudio.runs import evaluate as scoring
    from kerasaudio.runs.folder import open_run

    return scoring.evaluate(open_run(_path(run)), split)


def load_model(run: Run | str | Path) -> keras.Model:
    """Returns the Keras model of a run, with its front end.

    Args:
        run: A run, the path of its folder, or the path of a .keras file.

    Raises:
        kerasaudio.errors.UserError: If there is no such model, or its file is damaged.
    """
    import_keras()
    from kerasaudio.training import checkpoint

    path = _path(run)
    return checkpoint.load_model(path / checkpoint.BEST_MODEL if path.is_dir() else path)


def predict(
    run: Run | str | Path,
    *sources: str | Path,
    workers: int | None = None,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Returns labels and probabilities of recordings, rows of a table or AudioSet's records.

    Args:
        run: A run, the path of its folder, or the path of an exported `saved_model` folder.
        *sources: Recordings, folders of recordings, or CSV tables; for a model of AudioSet's
            embeddings, .tfrecord files and folders of them.
        workers: Number of processes of this machine that hear recordings; needs Ray.
        cluster: Address of a Ray cluster that hears them, or "auto"; this machine belongs to it.

    Raises:
        kerasaudio.errors.UserError: If there is no such model, nothing can be read, or the
            processes or machines cannot be used.
    """
    import_keras()
    from kerasaudio.cluster.executor import machines
    from kerasaudio.serving import predict as serving

    paths, places = [Path(source) for source in sources], machines(workers, cluster)
    return serving.predict(_path(run), paths, machines=places)


def _path(run: Run | str | Path) -> Path:
    return Path(run) if isinstance(run, str | Path) else run.path
