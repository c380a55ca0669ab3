"""Batches of an array: every row once, in order or in another order each epoch."""

import hashlib

import numpy as np
import pytest
import tensorflow as tf

from kerasaudio.data.rows import Rows, rows_of, with_content
from kerasaudio.experiment import Examples, Splits
from kerasaudio.training import pipeline


def rows(n: int) -> Examples:
    """Inputs that tell their target."""
    targets = np.arange(n, dtype=np.int32)
    inputs = Rows(np.stack([targets, -targets], axis=1))
    return Examples(tuple(map(str, targets)), targets, inputs)


@pytest.mark.parametrize(("n", "sizes"), [(10, [4, 4, 2]), (8, [4, 4]), (3, [3])])
def test_rows_come_in_order_the_last_batch_smaller(n, sizes):
    examples = rows(n)
    batches = list(pipeline.batches(examples, 4).as_numpy_iterator())
    assert (
        [len(inputs) for inputs, _ in batches] == [len(targets) for _, targets in batches] == sizes
    )
    np.testing.assert_array_equal(
        np.concatenate([inputs for inputs, _ in batches]), rows_of(examples)
    )
    np.testing.assert_array_equal(
        np.concatenate([targets for _, targets in batches]), examples.targets
    )


def test_an_epoch_has_each_row_once_and_a_later_start_meets_the_same_batches():
    # More rows than are gathered at a time, and a smaller batch at an epoch's end.
    n, size, steps = 150, 4, 38
    batches = list(pipeline.training_batches(rows(n), size, 3, range(3)).as_numpy_iterator())
    assert [len(targets) for _, targets in batches] == ([size] * 37 + [2]) * 3
    epochs = [
        np.concatenate([targets for _, targets in batches[at : at + steps]])
        for at in (0, steps, 2 * steps)
    ]
    assert all(sorted(epoch) == list(range(n)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert all(
        (inputs[:, 0] == targets).all() and (inputs[:, 1] == -targets).all()
        for inputs, targets in batches
    )
    later = pipeline.training_batches(rows(n), size, 3, range(2, 3)).as_numpy_iterator()
    np.testing.assert_array_equal(np.concatenate([targets for _, targets in later]), epochs[2])


@pytest.mark.parametrize("balanced", [False, True])
def test_another_look_at_the_batches_changes_no_order(balanced):
    batches = pipeline.training_batches(rows(50), 8, 3, range(1, 3), balanced, done=2)
    first, *rest = ([t.tolist() for _, t in batches.as_numpy_iterator()] for _ in range(3))
    assert len(first) == 5 + 7
    assert rest == [first, first]


def test_inputs_are_no_part_of_a_graph():
    batches = pipeline.training_batches(rows(100_000), 8, 3, range(1))
    graph = tf.raw_ops.DatasetToGraphV2(input_dataset=tf.data.experimental.to_variant(batches))
    functions = tf.compat.v1.GraphDef.FromString(graph.numpy()).library
    assert functions.ByteSize() < 100_000


def test_epochs_come_in_the_order_in_which_tensorflow_shuffles_the_rows_themselves():
    n, size = 50, 8
    targets = rows(n).targets
    shuffled = tf.data.Dataset.from_tensor_slices(targets).shuffle(n, seed=3).batch(size)
    expected = [batch.tolist() for batch in shuffled.repeat(4).as_numpy_iterator()]
    found = [
        targets.tolist()
        for _, targets in pipeline.training_batches(rows(n), size, 3, range(4)).as_numpy_iterator()
    ]
    assert found == expected


def test_the_content_is_that_of_all_numbers():
    splits = with_content(Splits(rows(5), rows(3), rows(2)))
    arrays = [array for _, each in splits for array in (rows_of(each), each.targets)]
    expected = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    assert splits.content == expected
    other = with_content(Splits(rows(5), rows(3), rows(3)))
    assert other.content != splits.content
    assert with_content(splits.selected_on_test()).content != splits.content
