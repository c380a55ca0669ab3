"""Examples to batches: shuffled anew every epoch, by seed and epoch number alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow as tf

from kerasaudio.data.splits import Examples, Splits
from kerasaudio.experiment import Experiment


def load_splits(experiment: Experiment, root: Path) -> Splits:
    """The data set's splits as the fit wants them."""
    splits = experiment.data.load(root)
    return splits.selected_on_test() if experiment.fit.select_on == "test" else splits


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
    return _in_memory(shuffled.batch(batch_size).repeat(epochs.stop).skip(behind)).prefetch(2)


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
    """(batch, *shape) inputs and (batch,) targets in the order of the examples' ids, kept once computed."""
    return _in_memory(_pairs(examples).batch(batch_size)).cache()


def _pairs(examples: Examples) -> tf.data.Dataset:
    return tf.data.Dataset.zip((examples.inputs, tf.data.Dataset.from_tensor_slices(examples.targets)))


def _shuffled(dataset: tf.data.Dataset, n: int, seed: int) -> tf.data.Dataset:
    return dataset.shuffle(n, seed=seed, reshuffle_each_iteration=True)


def _in_memory(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Without tf.data's autotuning, whose thread stalls the end of every short epoch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
