"""Examples to batches: shuffled anew every epoch, by seed and epoch number alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasaudio.data.splits import Examples, Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment
from kerasaudio.training import precompute
from kerasaudio.training.cache import Cache

COLUMNS = frozenset(
    ("id", "truth", "prediction", "probability", "filename", "start")
)  # of predictions, beside labels
LARGEST = (
    2**31 - 1
)  # of TensorFlow's seeds, which go on from 0 behind it; of two, not both may be 0
WAITING, WAITING_ROWS = (
    2,
    32,
)  # batches that are ready before they are wanted; those of a table go by in a millisecond
READ_AT_ONCE = 32  # windows of sound: more would not fit into memory as spectrograms


def load_splits(experiment: Experiment, root: Path, cache: Cache | None = None) -> Splits:
    """The data set's splits as the fit wants them; with a cache, of sound what its front end computes ahead.

    Raises UserError for a label that is called like a column of predictions.
    """
    if taken := COLUMNS.intersection(experiment.data.labels):
        raise UserError(
            f"A label is called {min(taken)!r}, as a column of predictions.csv is: rename it."
        )
    splits = experiment.data.load(root)
    return precompute.compute(
        experiment,
        splits.selected_on_test() if experiment.fit.select_on == "test" else splits,
        cache,
    )


def steps_per_epoch(examples: Examples, batch_size: int) -> int:
    """Batches an epoch, the last and smaller one included."""
    return -(-len(examples) // batch_size)


def training_batches(
    examples: Examples, batch_size: int, seed: int, epochs: range
) -> tf.data.Dataset:
    """(batch, *shape) inputs and (batch,) targets of the given epochs, one after the other.

    Every epoch has an order of its own, which depends on the seed and the epoch's number alone: training that starts
    at a later epoch sees the batches that it would have seen without a break.
    """
    array = isinstance(examples.inputs, np.ndarray)
    if array:
        epoch = _gathered(examples, batch_size, seed)
    else:
        epoch = _shuffled(_pairs(examples), len(examples), seed).batch(batch_size)
    chosen = epoch.repeat(epochs.stop).skip(epochs.start * steps_per_epoch(examples, batch_size))
    return _untuned(_decoded(chosen, examples, batch_size)).prefetch(
        WAITING_ROWS if array else WAITING
    )


def training_orders(n: int, seeds: Sequence[int]) -> Iterator[tf.Tensor]:
    """(seeds, n) numbers of n examples, epoch after epoch: in the order of training_batches under each seed.

    TensorFlow's own seed is part of that order: it is the fit's in a model's training, and here too. The public
    `shuffle` takes it from the process, and so can't be part of a graph for any seed.
    """
    numbers = tf.data.experimental.to_variant(tf.data.Dataset.range(n, output_type=tf.int32))

    def epochs(first: tf.Tensor, second: tf.Tensor) -> tf.data.Dataset:
        shuffled = tf.raw_ops.ShuffleDatasetV3(
            input_dataset=numbers,
            buffer_size=n,
            seed=first,
            seed2=second,
            seed_generator=tf.raw_ops.DummySeedGenerator(),
            output_types=[tf.int32],
            output_shapes=[()],
        )
        return (
            tf.data.experimental.from_variant(shuffled, tf.TensorSpec((), tf.int32))
            .batch(n)
            .repeat()
        )

    first = np.array(seeds, np.int64) % LARGEST
    each = tf.data.Dataset.from_tensor_slices((first, np.where(first, first, LARGEST)))
    turns = each.interleave(epochs, cycle_length=len(seeds), block_length=1)
    return iter(_untuned(turns.batch(len(seeds)).prefetch(1)))


def batches(examples: Examples, batch_size: int) -> tf.data.Dataset:
    """(batch, *shape) inputs and (batch,) targets in the order of the examples' ids.

    Of what is read from files, at most READ_AT_ONCE come together.
    """
    if isinstance(examples.inputs, np.ndarray):
        return _untuned(_sliced(examples, batch_size))
    size = min(batch_size, READ_AT_ONCE)
    return _untuned(_decoded(_pairs(examples).batch(size), examples, size)).prefetch(WAITING)


def _gathered(examples: Examples, batch_size: int, seed: int) -> tf.data.Dataset:
    """An epoch of an array's rows, shuffled; they are gathered for WAITING_ROWS batches at a time."""
    inputs, targets = tf.constant(examples.inputs), tf.constant(examples.targets)
    numbers = _shuffled(tf.data.Dataset.range(len(examples)), len(examples), seed)
    many = numbers.batch(batch_size * WAITING_ROWS)
    return many.map(lambda rows: (tf.gather(inputs, rows), tf.gather(targets, rows))).rebatch(
        batch_size
    )


def _sliced(examples: Examples, batch_size: int) -> tf.data.Dataset:
    """An array's rows in order: the full batches as rows of one tensor, which `batch` would put together row by row."""
    arrays = (examples.inputs, examples.targets)
    end = len(examples) // batch_size * batch_size
    full = tuple(array[:end].reshape(-1, batch_size, *array.shape[1:]) for array in arrays)
    rest = tuple(array[None, end:] for array in arrays)
    found = tf.data.Dataset.from_tensor_slices(full)
    return (
        found.concatenate(tf.data.Dataset.from_tensor_slices(rest))
        if end < len(examples)
        else found
    )


def _pairs(examples: Examples) -> tf.data.Dataset:
    return tf.data.Dataset.zip(
        (examples.inputs, tf.data.Dataset.from_tensor_slices(examples.targets))
    )


def _decoded(batched: tf.data.Dataset, examples: Examples, size: int) -> tf.data.Dataset:
    """Batches of at most `size` whose inputs are read from files, where they are."""
    decode = examples.decode
    if examples.read_one is not None:
        return _read_one_by_one(batched, examples.read_one, size)
    if decode is None:
        return batched
    return batched.map(lambda source, targets: (decode(*source), targets), num_parallel_calls=2)


def _read_one_by_one(
    batched: tf.data.Dataset, read_one: Callable[..., tf.Tensor], size: int
) -> tf.data.Dataset:
    """The same batches, whose examples are read side by side.

    On its way a batch that is not full is filled up with its last example; the copies are read and left out again.
    """

    def fill(source: Any, targets: tf.Tensor) -> Any:
        count = tf.shape(targets)[0]
        rows = tf.minimum(tf.range(size), count - 1)
        return *tf.nest.map_structure(
            lambda each: tf.gather(each, rows), (source, targets)
        ), tf.repeat(count, size)

    def read(source: Any, target: tf.Tensor, count: tf.Tensor) -> Any:
        return read_one(*source), target, count

    filled = batched.map(fill).unbatch().map(read, num_parallel_calls=os.cpu_count()).batch(size)
    return filled.map(lambda inputs, targets, counts: (inputs[: counts[0]], targets[: counts[0]]))


def _shuffled(dataset: tf.data.Dataset, n: int, seed: int) -> tf.data.Dataset:
    return dataset.shuffle(n, seed=seed, reshuffle_each_iteration=True)


def _untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Without tf.data's autotuning, whose thread stalls the end of every short epoch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


@contextmanager
def reading() -> Iterator[None]:
    """Where a reader inside tf.data meets a file that cannot be used, its UserError comes out as such."""
    try:
        yield
    except tf.errors.OpError as error:
        told = re.search(r"UserError: (.+?\.)(?=[]\n]|$)", error.message) or re.search(
            r"(?<!\S)(/\S.*?; No such file or directory)", error.message
        )
        if told is None:
            raise
        raise UserError(told[1]) from error
