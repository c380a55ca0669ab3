"""Log-mel spectrograms are computed once and cached, before training begins.

Some front ends begin with a layer without weights that says `runs_ahead`. What it gives for each
window is computed once, kept on disk, and held in memory where it fits. The layer is left out of
the model while it trains (`assemble.trainable_part`) and is part of it again when it is saved. A
cached file belongs to the layer's settings and code and to the content of a sound file: every
experiment and every trial with the same layer shares it, and a sound file that has changed is
computed anew.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasaudio.data.files import NotWritten
from kerasaudio.data.progress import Progress
from kerasaudio.data.rows import with_content
from kerasaudio.data.sound.windows import Place, WindowFiles
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, Splits
from kerasaudio.experiment.examples import Inputs
from kerasaudio.training.cache import Cache, CacheFull, Shelf
from kerasaudio.training.sound_files import (
    THREADS,
    SoundFile,
    sound_content,
    sound_files,
    windows_of,
)
from kerasaudio.training.spectrograms import CachedFiles, CachedRows, CachedWindow, as_tensor

PACKAGES = ("tensorflow", "keras", "librosa")  # whose versions could change a number

OURS = ("kerasaudio.frontends.", "kerasaudio.training.")  # rooms whose code computes numbers

AT_ONCE, FROM_ONE_READ = 64, 1024  # windows of a long recording: bound the memory that it takes

# Columns of predictions.csv that are no labels.
COLUMNS = frozenset(("id", "truth", "prediction", "probability", "filename", "start"))

Read = Callable[[Sequence[Place]], np.ndarray]


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
    if isinstance(splits.train.inputs, WindowFiles):
        splits = replace(splits, content=sound_content(dict(splits).values()))
    return precompute(experiment, splits, cache)


def precompute(experiment: Experiment, splits: Splits, cache: Cache | None) -> Splits:
    """Returns splits whose inputs are what the front end's first layer gives.

    The training examples keep their own inputs where an augmentation changes them before. All are
    returned unchanged without a cache, if that layer has to stay in the model, if inputs
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
    changed = changed_before(experiment)
    cached = {name: each for name, each in splits if not (changed and name == "train")}
    files = sound_files(cached.values())
    try:
        shelf = cache.shelf(_describe(model), model.output_shape[1:])
        cache.make_room({shelf.path(file.name): len(file.places) * shelf.bytes for file in files})
        layer = _CachedLayer(model, windows.read, shelf)
        loaded = _load(layer, files, cache)
    except CacheFull as reason:
        print(f"cache     none, {reason}: every epoch computes anew; raise --cache-limit")
        return splits
    except NotWritten as reason:
        print(f"cache     none, {str(reason).rstrip('.')} with --cache.")
        return splits
    print(
        f"cache     {layer.name} of {len(files)} clips, {loaded.computed} computed now; "
        f"{cache.used() / 1e9:.3f} of at most {cache.limit / 1e9:g} GB in {cache.folder}"
        f"{'' if loaded.array is None else '; held in memory'}"
    )
    if changed:
        before = f"{' and '.join(changed)} stand before {layer.name}"
        print(f"          not for training, where {before}: every epoch computes anew")
    return replace(splits, **_with_inputs(cached, layer, files, loaded))


def first_layer(experiment: Experiment) -> keras.Model | None:
    """Returns a model from sound to what the front end's first layer gives, without augmentations.

    It is `None` if that layer does not say `runs_ahead`, or does not fit the sound.
    """
    layers = [layer for layer in _layers(experiment) if not _is_augmentation(layer)]
    if not layers or not getattr(layers[0], "runs_ahead", False):
        return None
    inputs = keras.Input(experiment.data.shape, name="inputs")
    return keras.Model(inputs, layers[0](inputs))


def changed_before(experiment: Experiment) -> list[str]:
    """Returns the names of the augmentations that stand before the front end's first layer."""
    return [layer.name for layer in takewhile(_is_augmentation, _layers(experiment))]


def _layers(experiment: Experiment) -> list[keras.Layer]:
    """The layers of the front end of sound; none where they do not fit."""
    data = experiment.data
    if data.rate is None:
        return []
    inputs = keras.Input(data.shape, name="inputs")
    try:
        return keras.Model(inputs, experiment.frontend(inputs, data.rate)).layers[1:]
    except ValueError:
        return []  # assemble says why


def _is_augmentation(layer: keras.Layer) -> bool:
    return getattr(layer, "training_only", False)


@dataclass(frozen=True)
class _CachedLayer:
    """The front end's first layer, as a model from sound, and where its output is kept."""

    model: keras.Model
    read_sound: Read
    shelf: Shelf

    @property
    def name(self) -> str:
        return str(self.model.layers[-1].name)

    def compute(self, places: Sequence[Place]) -> np.ndarray:
        """(windows, *shape) of some windows of a file."""
        sound = self.read_sound(places)
        parts = range(0, len(sound), AT_ONCE)
        return np.concatenate([self.model(sound[n : n + AT_ONCE], training=False) for n in parts])

    def fill(self, file: SoundFile, records: np.ndarray) -> None:
        """Computes all windows of a file and writes them."""
        for n in range(0, len(file.places), FROM_ONE_READ):
            records[n : n + FROM_ONE_READ] = self.compute(file.places[n : n + FROM_ONE_READ])
        self.shelf.write(file.name, records)

    def read(self, window: CachedWindow, record: np.ndarray) -> None:
        """Reads one window; what is missing or damaged by now is computed again."""
        if not self.shelf.read(window.name, window.number, record):
            record[:] = self.compute((window.place,))[0]


@dataclass(frozen=True)
class _Loaded:
    """What the cache holds for some files.

    Args:
        array: All windows, or `None` if they do not fit into memory.
        rows: First row of each file in `array`, by the file's name in the cache.
        computed: Number of files that were computed now.
    """

    array: np.ndarray | None
    rows: dict[str, int]
    computed: int


def _load(layer: _CachedLayer, files: Sequence[SoundFile], cache: Cache) -> _Loaded:
    """Checks every file of the cache, computes and writes what it lacks."""
    different = {file.name: file for file in files}  # of files that are the same, one
    ends = list(accumulate(len(file.places) for file in different.values()))
    rows = dict(zip(different, [0, *ends], strict=False))
    array = cache.memory.array((ends[-1], *layer.shelf.shape))

    def records(file: SoundFile) -> np.ndarray:
        if array is None:
            return np.empty((len(file.places), *layer.shelf.shape), np.float32)
        return array[rows[file.name] :][: len(file.places)]

    with ThreadPoolExecutor(THREADS) as pool:
        held = pool.map(lambda file: layer.shelf.load(file.name, records(file)), different.values())
        missing = [file for file, there in zip(different.values(), held, strict=True) if not there]
        with Progress("cache", len(missing), "clips") as progress:
            for _ in pool.map(lambda file: layer.fill(file, records(file)), missing):
                progress.advance()
    return _Loaded(array, rows, len(missing))


def _with_inputs(
    splits: Mapping[str, Examples],
    layer: _CachedLayer,
    files: Sequence[SoundFile],
    loaded: _Loaded,
) -> dict[str, Any]:
    """The splits by name, with inputs from the cache."""
    found = {
        place: CachedWindow(file.name, number, place)
        for file in files
        for number, place in enumerate(file.places)
    }
    tensor = None if loaded.array is None else as_tensor(loaded.array)

    def cached(examples: Examples) -> Examples:
        windows = tuple(found[place] for place in windows_of(examples).places)
        inputs: Inputs = CachedFiles(windows, layer.read, layer.shelf.shape)
        if tensor is not None:
            rows = [loaded.rows[window.name] + window.number for window in windows]
            inputs = CachedRows(tensor, np.array(rows))
        return replace(examples, inputs=inputs, precomputed=layer.name, sound=examples.inputs)

    return {name: cached(examples) for name, examples in splits.items()}


def _describe(model: keras.Model) -> dict[str, Any]:
    """Everything that decides the numbers except the sound."""
    configs = [layer.get_config() for layer in model.layers]
    return {
        # Where a model of embeddings lies says nothing; its content is in the config, too.
        "layers": [{name: each[name] for name in each if name != "path"} for each in configs],
        "code": _code(type(model.layers[-1])),
        "versions": {package: metadata.version(package) for package in PACKAGES},
    }


def _code(kind: type) -> str:
    """A hash of the code of a layer's file, and of the files of ours that it calls into."""
    home: Any = inspect.getmodule(kind) or kind
    used = {inspect.getmodule(value) for value in vars(home).values()}
    ours = {each.__name__: each for each in used if each and each.__name__.startswith(OURS)}
    modules: list[Any] = [home, *(ours[name] for name in sorted(ours) if ours[name] is not home)]
    return hashlib.sha256("".join(map(inspect.getsource, modules)).encode()).hexdigest()
