"""Measures how fast epochs of cached spectrograms come: from memory, from files, and as before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import google_crc32c
import numpy as np
import tensorflow as tf

from kerasaudio.data.records.records import framed
from kerasaudio.experiment import Examples, Experiment
from kerasaudio.training import pipeline
from kerasaudio.training.cache import Cache, Memory, Shelf
from kerasaudio.training.precompute import load_splits
from kerasaudio.training.spectrograms import CachedFiles, CachedRows

BATCH, EPOCHS, ROUNDS = 64, 20, 7
Reader = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True, eq=False)
class Read:
    """Inputs that a function reads: batch by batch, or example by example.

    Args:
        read: Function for tf.data from numbers, or from one number, to inputs.
        one_by_one: Whether it takes one number.
        parallel: Calls at the same time.
    """

    read: Reader
    one_by_one: bool
    parallel: int

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        assert numbers is not None
        truth = tf.constant(targets)

        def read(row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return self.read(row), tf.gather(truth, row)

        if self.one_by_one:
            found = numbers.map(read, num_parallel_calls=self.parallel).batch(batch_size)
        else:
            found = numbers.batch(batch_size).map(read, num_parallel_calls=self.parallel)
        return found.prefetch(1)

    def __add__(self, other: Read) -> Read:
        raise NotImplementedError


def compare(experiment: Experiment, root: Path, folder: Path) -> None:
    """Prints windows a second and processor time a window of every reader, in turns.

    Args:
        experiment: An experiment whose spectrograms are cached.
        root: The data root.
        folder: An empty folder for the cache, and for a copy of it as TFRecords.
    """
    cache = Cache(folder / "cache", 10**10)
    held = load_splits(experiment, root, cache).train
    train = load_splits(experiment, root, replace(cache, memory=Memory(0))).train
    files = train.inputs
    assert isinstance(files, CachedFiles) and isinstance(held.inputs, CachedRows)
    array = np.concatenate([batch for batch, _ in pipeline.batches(held, BATCH)])
    shelf = Shelf(next(cache.folder.iterdir()), files.shape)
    ways = {
        "before: one record at a time": Read(before(files, shelf), False, 2),
        "TFRecordDataset at an offset": Read(tfrecords(array, folder), True, 2),
        "the cache's files": files,
        "memory": held.inputs,
    }
    epochs = {
        name: pipeline.training_batches(replace(train, inputs=way), BATCH, 0, range(EPOCHS))
        for name, way in ways.items()
    }
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, batches in epochs.items():
            figures[name].append(clocked(batches))
    show(train, figures)


def show(train: Examples, figures: dict[str, list[tuple[float, float]]]) -> None:
    windows = EPOCHS * len(train)
    first = median(wall for wall, _ in next(iter(figures.values())))
    for name, each in figures.items():
        wall, cpu = (median(seconds) for seconds in zip(*each, strict=True))
        print(
            f"{name:30}{windows / wall:9.0f} windows/s, {first / wall:5.2f} times the first; "
            f"{1e6 * cpu / windows:5.0f} us of processor time a window"
        )


def before(files: CachedFiles, shelf: Shelf) -> Reader:
    """Returns the reader that the package had: a file, a read and two copies for each record."""

    def each(rows: np.ndarray) -> np.ndarray:
        return np.stack([record(row) for row in rows])

    def record(row: int) -> np.ndarray:
        window = files.windows[row]
        with shelf.path(window.name).open("rb", buffering=0) as file:
            file.seek(window.number * shelf.bytes)
            found = file.read(shelf.bytes)
        data = found[:-4]
        assert google_crc32c.value(data).to_bytes(4, "little") == found[-4:]
        return np.frombuffer(data, "<f4").reshape(shelf.shape)

    def read(rows: tf.Tensor) -> tf.Tensor:
        found = tf.numpy_function(each, (rows,), tf.float32, stateful=False)
        return tf.ensure_shape(found, (None, *files.shape))

    return read


def tfrecords(array: np.ndarray, folder: Path) -> Reader:
    """Returns a native reader of one record at its offset, which checks its checksum."""
    path, size = str(folder / "windows.tfrecord"), framed(array[0].nbytes)
    with tf.io.TFRecordWriter(path) as writer:
        for window in array:
            writer.write(window.tobytes())

    def read(row: tf.Tensor) -> tf.Tensor:
        variant = tf.raw_ops.TFRecordDatasetV2(
            filenames=[path], compression_type="", buffer_size=0, byte_offsets=[row * size]
        )
        records = tf.data.experimental.from_variant(variant, tf.TensorSpec((), tf.string))
        record = tf.io.decode_raw(records.take(1).get_single_element(), tf.float32)
        return tf.reshape(record, array.shape[1:])

    return read


def clocked(batches: tf.data.Dataset) -> tuple[float, float]:
    """Returns seconds by the clock, and of the processor."""
    started, used = time.perf_counter(), time.process_time()
    for _ in batches:
        pass
    return time.perf_counter() - started, time.process_time() - used
