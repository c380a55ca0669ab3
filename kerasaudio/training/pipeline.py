"""Examples as batches: shuffled anew in every epoch, by the seed and the epoch's number alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.errors import UserError
from kerasaudio.experiment.examples import Examples

# TensorFlow's seeds end here and go on from 0; of two seeds, not both may be 0.
LARGEST = 2**31 - 1


def steps_per_epoch(examples: Examples, batch_size: int) -> int:
    """Returns the number of batches in an epoch, the last and smaller one included."""
    return -(-len(examples) // batch_size)


def training_batches(
    examples: Examples,
    batch_size: int,
    seed: int,
    epochs: range,
    balanced: bool = False,
    done: int = 0,
) -> tf.data.Dataset:
    """Returns the shuffled batches of some epochs, one epoch after the other.

    Every epoch has an order of its own, which depends on the seed and the epoch's number alone.
    Training that starts at a later epoch sees the batches that it would have seen without a break.

    Args:
        examples: The training examples.
        batch_size: Examples in a batch; the last batch of an epoch may be smaller.
        seed: Seed of the orders.
        epochs: Numbers of the epochs, from 0; the step is 1.
        balanced: Whether each epoch draws examples so that all labels are equally frequent, instead
            of having each example once.
        done: Number of batches of the first epoch that are left out.

    Returns:
        Dataset of `(inputs, targets)` pairs of shapes `(batch, *shape)` and `(batch, ...)`.
    """
    n = len(examples)

    def orders(_: tf.Tensor) -> tf.data.Dataset:
        each = tf.data.Dataset.range(n).shuffle(n, seed=seed).batch(n)
        return each.repeat(epochs.stop).skip(epochs.start)

    def epoch(number: tf.Tensor, order: tf.Tensor) -> tf.data.Dataset:
        chosen = _balanced(order, examples.targets) if balanced else order
        begin = tf.where(number == epochs.start, done * batch_size, 0)
        numbers = tf.data.Dataset.from_tensor_slices(chosen[begin:])
        return examples.inputs.batches(numbers, examples.targets, batch_size)

    # Each iterator runs the function `orders` again, and so begins with the same order.
    shuffled = tf.data.Dataset.range(1).flat_map(orders).enumerate(epochs.start)
    return _untuned(shuffled.flat_map(epoch)).prefetch(1)


def _balanced(order: tf.Tensor, targets: np.ndarray) -> tf.Tensor:
    """As many examples, drawn by label; what is drawn depends on the order alone."""
    n, members = len(targets), _members(targets)
    counts = np.array([len(each) for each in members])
    together, first = on_host(np.concatenate(members)), on_host(counts.cumsum() - counts)
    label = order % len(members)
    share = tf.random.stateless_uniform((n,), tf.stack([order[0], order[-1]]), dtype=tf.float64)
    number = tf.cast(share * tf.cast(tf.gather(counts, label), tf.float64), tf.int64)
    return tf.gather(together, tf.gather(first, label) + number)


def _members(targets: np.ndarray) -> list[np.ndarray]:
    """Numbers of the examples that have each label, and of those that have none."""
    held = targets > 0 if targets.ndim == 2 else targets[:, None] == np.unique(targets)
    sides = [*held.T, ~held.any(axis=1)]
    return [np.flatnonzero(side) for side in sides if side.any()]


def training_orders(n: int, seeds: Sequence[int]) -> Iterator[tf.Tensor]:
    """Yields the orders of `training_batches` under several seeds, one tensor for each epoch.

    TensorFlow's own seed is part of an order: it is the fit's in a model's training, and here too.
    The public `shuffle` takes it from the process, so it cannot be part of a graph for any seed.

    Args:
        n: Number of examples.
        seeds: The seeds, from 0 to 2**32 - 1.

    Yields:
        int32 tensors of shape `(seeds, n)`: numbers of examples.
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
        each = tf.data.experimental.from_variant(shuffled, tf.TensorSpec((), tf.int32))
        return each.batch(n).repeat()

    first = np.array(seeds, np.int64) % LARGEST
    each = tf.data.Dataset.from_tensor_slices((first, np.where(first, first, LARGEST)))
    turns = each.interleave(epochs, cycle_length=len(seeds), block_length=1)
    return iter(_untuned(turns.batch(len(seeds)).prefetch(1)))


def batches(examples: Examples, batch_size: int) -> tf.data.Dataset:
    """Returns all examples once in batches, in the order of their ids.

    Args:
        examples: The examples.
        batch_size: Examples in a batch. The last batch may be smaller, and so may all where
            examples are in files.

    Returns:
        Dataset of `(inputs, targets)` pairs of shapes `(batch, *shape)` and `(batch, ...)`.
    """
    return _untuned(examples.inputs.batches(None, examples.targets, batch_size))


def _untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Without tf.data's autotuning, whose thread stalls the end of every short epoch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


@contextmanager
def reading() -> Iterator[None]:
    """Raises the UserError of a reader inside tf.data as a UserError, within the `with` block.

    TensorFlow turns what a reader raises into an error of its own.

    Raises:
        UserError: If a file that a batch needs cannot be used.
    """
    try:
        yield
    except tf.errors.OpError as error:
        told = re.search(r"(?:User|Store)Error: (.+?\.)(?=[]\n]|$)", error.message) or re.search(
            r"(?<!\S)(/\S.*?; No such file or directory)", error.message
        )
        if told is None:
            raise
        raise UserError(told[1]) from error
