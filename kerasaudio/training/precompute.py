"""Log-mel spectrograms are computed once and cached, before training begins.

Some front ends begin with a layer without weights that says `runs_ahead`. What it gives for each
window is computed once and kept on disk. The layer is left out of the model while it trains
(`assemble.trainable_part`) and is part of it again when it is saved. A cached file belongs to the
layer's settings and code and to the content of a sound file: every experiment and every trial with
the same layer shares it, and a sound file that has changed is computed anew.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasaudio.data.files import NotWritten
from kerasaudio.data.progress import Progress
from kerasaudio.data.rows import with_content
from kerasaudio.data.windows import WindowFiles
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, Splits
from kerasaudio.training.cache import Cache, CacheFull, Shelf

THREADS = 2  # one reads sound while the other computes
PACKAGES = ("tensorflow", "keras", "librosa")  # whose versions could change a number

# Columns of predictions.csv that are no labels.
COLUMNS = frozenset(("id", "truth", "prediction", "probability", "filename", "start"))

Read = Callable[[Path, int], np.ndarray]


def load_splits(experiment: Experiment, root: Path, cache: Cache | None = None) -> Splits:
    """Returns the splits that an experiment is fitted to and scored on.

    Args:
        experiment: The experiment.
        root: The data root.
        cache: Where computed spectrograms are kept; `None` leaves them to the model.

    Raises:
        UserError: If files are not as expected, or if a label has the name of a column of
            predictions.csv.
    """
    if taken := COLUMNS.intersection(experiment.data.labels):
        raise UserError(
            f"A label is called {min(taken)!r}, as a column of predictions.csv is: rename it."
        )
    splits = experiment.data.load(root)
    if experiment.fit.select_on == "test":
        splits = with_content(splits.selected_on_test())
    return precompute(experiment, splits, cache)


def precompute(experiment: Experiment, splits: Splits, cache: Cache | None) -> Splits:
    """Returns splits whose inputs are what the front end's first layer gives.

    They are returned unchanged without a cache, if that layer has to stay in the model, if inputs
    are no windows of sound files, and, with a line that says so, if the cache is too small or
    cannot be written to. Prints what was computed and how large the cache is.

    Args:
        experiment: The experiment.
        splits: Its splits.
        cache: Where what is computed is kept.

    Raises:
        UserError: If a sound file cannot be read.
    """
    windows = splits.train.inputs
    if cache is None or not isinstance(windows, WindowFiles):
        return splits
    model = first_layer(experiment)
    if model is None:
        return splits
    files = _sound_files(splits)
    try:
        shelf = cache.shelf(_describe(model), model.output_shape[1:])
        layer = _CachedLayer(model, windows.read, shelf)
        computed = _compute_missing(layer, files, cache)
    except CacheFull as reason:
        print(f"cache     none, {reason}: every epoch computes anew; raise --cache-limit")
        return splits
    except NotWritten as reason:
        print(f"cache     none, {str(reason).rstrip('.')} with --cache.")
        return splits
    print(
        f"cache     {layer.name} of {len(files)} clips, {computed} computed now; "
        f"{cache.used() / 1e9:.3f} of at most {cache.limit / 1e9:g} GB in {cache.folder}"
    )
    return _with_inputs(splits, layer, files)


def first_layer(experiment: Experiment) -> keras.Model | None:
    """Returns a model from sound to what the front end's first layer gives.

    It is `None` if that layer does not say `runs_ahead`, or does not fit the sound.
    """
    data = experiment.data
    if data.rate is None:
        return None
    inputs = keras.Input(data.shape, name="inputs")
    try:
        features = experiment.frontend(inputs, data.rate)
    except ValueError:
        return None  # assemble says why
    first = keras.Model(inputs, features).layers[1]
    return keras.Model(inputs, first.output) if getattr(first, "runs_ahead", False) else None


@dataclass(frozen=True)
class _SoundFile:
    """A sound file, the first samples of its windows (ascending), and its name in the cache."""

    path: Path
    starts: tuple[int, ...]
    name: str


@dataclass(frozen=True)
class _CachedLayer:
    """The front end's first layer, as a model from sound, and where its output is kept."""

    model: keras.Model
    read_sound: Read
    shelf: Shelf

    @property
    def name(self) -> str:
        return str(self.model.layers[-1].name)

    def compute(self, path: Path, starts: Sequence[int]) -> np.ndarray:
        """(windows, *shape) of some windows of a file."""
        sound = np.stack([self.read_sound(path, start) for start in starts])
        return np.asarray(self.model(sound, training=False))

    def keep(self, file: _SoundFile) -> None:
        """Computes all windows of a file and writes them."""
        self.shelf.write(file.name, self.compute(file.path, file.starts))

    def reader(self, files: Sequence[_SoundFile]) -> Read:
        """A function from a file and a first sample to what the layer gives.

        What is missing or damaged by now is computed again.
        """
        places = {
            (file.path, start): (file.name, number)
            for file in files
            for number, start in enumerate(file.starts)
        }

        def read(path: Path, start: int) -> np.ndarray:
            kept = self.shelf.read(*places[path, start])
            return self.compute(path, (start,))[0] if kept is None else kept

        return read


def _with_inputs(splits: Splits, layer: _CachedLayer, files: Sequence[_SoundFile]) -> Splits:
    read = layer.reader(files)

    def cached(examples: Examples) -> Examples:
        inputs = WindowFiles(_windows(examples).places, read, layer.shelf.shape)
        return replace(examples, inputs=inputs, precomputed=layer.name)

    train, valid, test = (cached(examples) for _, examples in splits)
    return replace(splits, train=train, valid=valid, test=test)


def _windows(examples: Examples) -> WindowFiles:
    assert isinstance(examples.inputs, WindowFiles)  # as all splits of a data set
    return examples.inputs


def _describe(model: keras.Model) -> dict[str, Any]:
    """Everything that decides the numbers except the sound."""
    code = inspect.getsource(inspect.getmodule(type(model.layers[-1])) or type(model.layers[-1]))
    return {
        "layers": [layer.get_config() for layer in model.layers],
        "code": hashlib.sha256(code.encode()).hexdigest(),
        "versions": {package: metadata.version(package) for package in PACKAGES},
    }


def _sound_files(splits: Splits) -> list[_SoundFile]:
    """The files of all splits' windows; each is read once for its content."""
    starts: dict[Path, set[int]] = {}
    for _, examples in splits:
        for path, start in _windows(examples).places:
            starts.setdefault(path, set()).add(start)
    with ThreadPoolExecutor(THREADS) as pool:
        contents = list(pool.map(_digest, starts))
    return [
        _SoundFile(path, tuple(sorted(each)), _name(content, sorted(each)))
        for (path, each), content in zip(starts.items(), contents, strict=True)
    ]


def _compute_missing(layer: _CachedLayer, files: Sequence[_SoundFile], cache: Cache) -> int:
    """Computes and writes what the cache lacks; returns the number of files.

    Raises CacheFull if not all of it fits into the cache.
    """
    shelf = layer.shelf
    sizes = {shelf.path(file.name): len(file.starts) * shelf.bytes for file in files}
    different = {file.name: file for file in files}.values()  # of files that are the same, one
    missing = [file for file in different if not shelf.holds(file.name, len(file.starts))]
    cache.make_room(sizes)
    with Progress("cache", len(missing), "clips") as progress, ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(layer.keep, missing):
            progress.advance()
    return len(missing)


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _name(content: str, starts: list[int]) -> str:
    return hashlib.sha256(f"{content} {starts}".encode()).hexdigest()[:40]
