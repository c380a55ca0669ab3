"""What a front end computes without weights: once for each window, ahead of training, and kept on disk.

A layer right behind a model's inputs that says `runs_ahead` is left out while the model trains (assemble.behind) and is
part of it again when it is saved. What it gave is kept by the layer's settings and code and by the content of the sound
files: every experiment and every trial with the same layer shares it, and a file that has changed is computed anew.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.data import windows
from kerasaudio.data.progress import Progress
from kerasaudio.data.splits import Splits
from kerasaudio.experiment import Experiment
from kerasaudio.training.cache import Cache, CacheFull, Shelf

THREADS = 2  # reading sound while the other computes
PACKAGES = ("tensorflow", "keras", "librosa")  # whose versions could change a number


@dataclass(frozen=True)
class Source:
    """One sound file and its windows."""

    path: Path
    starts: tuple[int, ...]  # first sample of each window, ascending
    name: str  # of its records in the cache: by content and windows


@dataclass(frozen=True)
class Front:
    """The layer that runs ahead, as a model from sound, and where what it gave is kept."""

    model: keras.Model
    decode: Callable[
        ..., tf.Tensor
    ]  # (batch,) paths and (batch,) first samples -> (batch, samples)
    shelf: Shelf

    @property
    def layer(self) -> str:
        """Its name."""
        return str(self.model.layers[-1].name)

    def compute(self, path: Path, starts: tuple[int, ...]) -> np.ndarray:
        """(windows, *shape) of some windows of a file. Raises UserError where the file cannot be read."""
        samples = self.decode(tf.constant([str(path)] * len(starts)), tf.constant(starts, tf.int64))
        return np.asarray(self.model(samples, training=False))

    def keep(self, source: Source) -> None:
        """Compute all windows of a file and write them."""
        self.shelf.write(source.name, self.compute(source.path, source.starts))

    def reader(self, sources: list[Source]) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        """For tf.data, as windows.reader; what is missing or damaged by now is computed again."""
        places = {
            (str(source.path).encode(), start): (source, number)
            for source in sources
            for number, start in enumerate(source.starts)
        }

        def one(path: bytes, start: int) -> np.ndarray:
            source, number = places[path, start]
            kept = self.shelf.read(source.name, number)
            return self.compute(source.path, (start,))[0] if kept is None else kept

        def read(paths: np.ndarray, starts: np.ndarray) -> np.ndarray:
            return np.stack(
                [one(path, int(start)) for path, start in zip(paths, starts, strict=True)]
            )

        def in_graph(paths: tf.Tensor, starts: tf.Tensor) -> tf.Tensor:
            found = tf.numpy_function(read, (paths, starts), tf.float32, stateful=False)
            return tf.ensure_shape(found, (None, *self.shelf.shape))

        return in_graph


def compute(experiment: Experiment, splits: Splits, cache: Cache | None) -> Splits:
    """The splits with what the front end's first layer gives in place of sound; without a cache, as they are.

    Prints what was computed and what it takes. A cache that is too small or cannot be written is told and left alone.
    """
    model = front_model(experiment)
    if cache is None or model is None or splits.train.decode is None:
        return splits
    sources = find_sources(splits)
    try:
        front = Front(
            model, splits.train.decode, cache.shelf(describe(model), model.output_shape[1:])
        )
        computed = fill(front, sources, cache)
    except CacheFull as reason:
        print(f"cache     none, {reason}: every epoch computes anew; raise --cache-limit")
        return splits
    except OSError as error:
        print(
            f"cache     none, {cache.folder} could not be written ({error.strerror}): choose another with --cache"
        )
        return splits
    print(
        f"cache     {front.layer} of {len(sources)} clips, {computed} computed now; "
        f"{cache.used() / 1e9:.3f} of at most {cache.limit / 1e9:g} GB in {cache.folder}"
    )
    read = front.reader(sources)
    parts: dict[str, Any] = {
        name: replace(examples, decode=read, behind=front.layer) for name, examples in splits
    }
    return replace(splits, **parts)


def front_model(experiment: Experiment) -> keras.Model | None:
    """Sound to what the front end's first layer gives, if that runs ahead; None too where it does not fit the sound."""
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


def describe(model: keras.Model) -> dict[str, Any]:
    """Everything that decides the numbers but for the sound: what is kept is kept under this."""
    code = inspect.getsource(inspect.getmodule(type(model.layers[-1])) or type(model.layers[-1]))
    return {
        "layers": [layer.get_config() for layer in model.layers],
        "code": hashlib.sha256(code.encode()).hexdigest(),
        "versions": {package: metadata.version(package) for package in PACKAGES},
    }


def find_sources(splits: Splits) -> list[Source]:
    """The files of all splits' windows, each read once for its content."""
    starts: dict[str, set[int]] = {}
    for _, examples in splits:
        for path, start in windows.places(examples):
            starts.setdefault(path, set()).add(start)
    with ThreadPoolExecutor(THREADS) as pool:
        contents = list(pool.map(_digest, starts))
    return [
        Source(Path(path), tuple(sorted(each)), _name(content, sorted(each)))
        for (path, each), content in zip(starts.items(), contents, strict=True)
    ]


def fill(front: Front, sources: list[Source], cache: Cache) -> int:
    """Compute and write what the cache lacks, for which others make room; how many files that were.

    Raises CacheFull where the limit does not admit all of it.
    """
    shelf = front.shelf
    sizes = {shelf.path(source.name): len(source.starts) * shelf.bytes for source in sources}
    different = {
        source.name: source for source in sources
    }.values()  # of files that are the same, one
    missing = [source for source in different if not shelf.holds(source.name, len(source.starts))]
    cache.make_room(sizes)
    progress = Progress("cache", len(missing), "clips")
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(front.keep, missing):
            progress.advance()
    progress.clear()
    return len(missing)


def _digest(path: str) -> str:
    found = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _name(content: str, starts: list[int]) -> str:
    return hashlib.sha256(f"{content} {starts}".encode()).hexdigest()[:40]
