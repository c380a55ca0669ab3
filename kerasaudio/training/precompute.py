"""Log-mel spectrograms are computed once and cached, before training begins.

Some front ends begin with a layer without weights that says `runs_ahead`. What it gives for each
window is computed once, kept on disk, and held in memory where it fits. The layer is left out of
the model while it trains (`assemble.trainable_part`) and is part of it again when it is saved. A
cached file belongs to the layer's settings and code and to the content of a sound file: every
experiment and every trial with the same layer shares it, and a sound file that has changed is
computed anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from kerasaudio.data.files import NotWritten
from kerasaudio.data.parallel import THREADS, at_once
from kerasaudio.data.progress import Progress
from kerasaudio.data.rows import with_content
from kerasaudio.data.sound.windows import WindowFiles
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, Splits
from kerasaudio.experiment.examples import Inputs
from kerasaudio.training.cache import Cache, CacheFull, Shelf
from kerasaudio.training.computed_sound import SoundLayer, computed
from kerasaudio.training.first_layer import changed_before, described, first_layer
from kerasaudio.training.sound_files import (
    SoundFile,
    SoundInputs,
    sound_content,
    sound_files,
    windows_of,
)
from kerasaudio.training.spectrograms import CachedFiles, CachedRows, CachedWindow, as_tensor

# Columns of tables of predictions that are no labels.
COLUMNS = frozenset(
    ("seed", "id", "truth", "prediction", "probability", "loss", "filename", "start")
)


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
    are not of sound files, and, with a line that says so, if the cache is too small or
    cannot be written to. Prints what was computed and how large the cache is.

    Args:
        experiment: The experiment.
        splits: Its splits.
        cache: Where what is computed is kept.

    Raises:
        UserError: If a sound file cannot be read, or the cache's machines cannot be used.
    """
    inputs = splits.train.inputs
    if cache is None or not isinstance(inputs, SoundInputs):
        return splits
    model = first_layer(experiment)
    if model is None:
        return splits
    changed = changed_before(experiment)
    cached = {name: each for name, each in splits if not (changed and name == "train")}
    files = sound_files(cached.values())
    try:
        shelf = cache.shelf(described(model), model.output_shape[1:])
        cache.make_room({shelf.path(file.name): len(file.places) * shelf.bytes for file in files})
        layer = SoundLayer(model, inputs)
        loaded = _load(layer, shelf, experiment, files, cache)
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
    return replace(splits, **_with_inputs(cached, layer, shelf, files, loaded))


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


def _load(
    layer: SoundLayer,
    shelf: Shelf,
    experiment: Experiment,
    files: Sequence[SoundFile],
    cache: Cache,
) -> _Loaded:
    """Checks every file of the cache, computes and writes what it lacks."""
    different = {file.name: file for file in files}  # of files that are the same, one
    ends = list(accumulate(len(file.places) for file in different.values()))
    rows = dict(zip(different, [0, *ends], strict=False))
    array = cache.memory.array((ends[-1], *shelf.shape))

    def records(file: SoundFile) -> np.ndarray:
        if array is None:
            return np.empty((len(file.places), *shelf.shape), np.float32)
        return array[rows[file.name] :][: len(file.places)]

    held = at_once(
        lambda file: shelf.load(file.name, records(file)), list(different.values()), THREADS
    )
    missing = [file for file, there in zip(different.values(), held, strict=True) if not there]
    with Progress("cache", len(missing), "clips") as progress:
        for file, found in computed(layer, experiment, missing, cache.machines):
            records(file)[:] = found
            shelf.write(file.name, found)
            progress.advance()
    return _Loaded(array, rows, len(missing))


def _with_inputs(
    splits: Mapping[str, Examples],
    layer: SoundLayer,
    shelf: Shelf,
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

    def read(window: CachedWindow, record: np.ndarray) -> None:
        """Reads one window; what is missing or damaged by now is computed again."""
        if not shelf.read(window.name, window.number, record):
            record[:] = layer.compute((window.place,))[0]

    def cached(examples: Examples) -> Examples:
        windows = tuple(found[place] for place in windows_of(examples).places)
        inputs: Inputs = CachedFiles(windows, read, shelf.shape)
        if tensor is not None:
            rows = [loaded.rows[window.name] + window.number for window in windows]
            inputs = CachedRows(tensor, np.array(rows))
        return replace(examples, inputs=inputs, precomputed=layer.name, sound=examples.inputs)

    return {name: cached(examples) for name, examples in splits.items()}
