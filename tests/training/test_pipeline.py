"""Batches of an array: every row once, in order or in an order of its own each epoch, however an epoch divides."""

import numpy as np
import pytest

from kerasaudio.data.splits import Examples
from kerasaudio.training import pipeline


def rows(n: int) -> Examples:
    """Inputs that tell their target."""
    targets = np.arange(n, dtype=np.int32)
    return Examples(tuple(map(str, targets)), targets, np.stack([targets, -targets], axis=1))


@pytest.mark.parametrize(("n", "sizes"), [(10, [4, 4, 2]), (8, [4, 4]), (3, [3])])
def test_rows_come_in_order_the_last_batch_smaller(n, sizes):
    examples = rows(n)
    batches = list(pipeline.batches(examples, 4).as_numpy_iterator())
    assert (
        [len(inputs) for inputs, _ in batches] == [len(targets) for _, targets in batches] == sizes
    )
    np.testing.assert_array_equal(
        np.concatenate([inputs for inputs, _ in batches]), examples.inputs
    )
    np.testing.assert_array_equal(
        np.concatenate([targets for _, targets in batches]), examples.targets
    )


def test_an_epoch_has_each_row_once_and_a_later_start_meets_the_same_batches():
    n, size, steps = (
        150,
        4,
        38,
    )  # more than are gathered at a time, and a smaller batch at an epoch's end
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
