"""Examples to batches: shuffled anew every epoch, by seed and epoch number alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from kerasaudio import ahead
from kerasaudio.cache import Cache
from kerasaudio.data.splits import Examples, Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment

READ_AT_ONCE = 32  # windows of sound: more would not fit into memory as spectrograms


def load_splits(experiment: Experiment, root: Path, cache: Cache | None = None) -> Splits:
    """The data set's splits as the fit wants them; with a cache, of sound what its front end computes ahead."""
    splits = experiment.data.load(root)
    return ahead.compute(experiment, splits.selected_on_test() if experiment.fit.select_on == "test" else splits, cache)


def steps_per_epoch(examples: Examples, batch_size: int) -> int:
    """Batches an epoch, the last and smaller one included."""
    return -(-len(examples) // batch_size)


def training_batches(examples: Examples, batch_size: int, seed: int, epochs: range) -> tf.data.Dataset:
    """(batch, *shape) inputs and (batch,) targets of the given epochs, one after the other.

    Every epoch has an order of its own, which depends on the seed and the epoch's number alone: training that starts
    at a later epoch sees the batches that it would have seen without a break.
    """
    shuffled = _shuffled(_pairs(examples), len(examples), seed)
    behind = epochs.start * steps_per_epoch(examples, batch_size)
    chosen = shuffled.batch(batch_size).repeat(epochs.stop).skip(behind)
    return _in_memory(_decoded(chosen, examples)).prefetch(2)


def training_orders(n: int, seeds: Sequence[int]) -> Iterator[tf.Tensor]:
    """(seeds, n) numbers of n examples, epoch after epoch: in the order of training_batches under each seed.

    TensorFlow's own seed is part of that order: it is the fit's in a model's training, and here too.
    """
    numbers, orders = tf.data.Dataset.range(n, output_type=tf.int32), []
    for seed in seeds:
        tf.random.set_seed(seed)
        orders.append(_shuffled(numbers, n, seed).batch(n).repeat())
    return map(tf.stack, _in_memory(tf.data.Dataset.zip(tuple(orders))))


def batches(examples: Examples, batch_size: int) -> tf.data.Dataset:
    """(batch, *shape) inputs and (batch,) targets in the order of the examples' ids.

    They are kept once computed, but for what is read from files, of which at most READ_AT_ONCE come together.
    """
    if examples.decode is None:
        return _in_memory(_pairs(examples).batch(batch_size)).cache()
    return _in_memory(_decoded(_pairs(examples).batch(min(batch_size, READ_AT_ONCE)), examples)).prefetch(2)


def _pairs(examples: Examples) -> tf.data.Dataset:
    return tf.data.Dataset.zip((examples.inputs, tf.data.Dataset.from_tensor_slices(examples.targets)))


def _decoded(batched: tf.data.Dataset, examples: Examples) -> tf.data.Dataset:
    """Batches whose inputs are read from files, where they are; two batches at a time."""
    decode = examples.decode
    if decode is None:
        return batched
    return batched.map(lambda source, targets: (decode(*source), targets), num_parallel_calls=2)


def _shuffled(dataset: tf.data.Dataset, n: int, seed: int) -> tf.data.Dataset:
    return dataset.shuffle(n, seed=seed, reshuffle_each_iteration=True)


def _in_memory(dataset: tf.data.Dataset) -> tf.data.Dataset:
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
