"""Medians of 31 neighbours, exact, by a sorting network over whole arrays.

Sixteen neighbouring windows of 31 share 16 values. Those are sorted once; then the group is halved,
each half takes in the values that all its windows share, and what can no longer be the median of
any of them is dropped. That is about 37 minima and maxima of arrays for each output, which NumPy
computes many at a time.
"""

from __future__ import annotations

import numpy as np

GROUP = 16
WINDOW = 2 * GROUP - 1
LANES = 192  # columns taken at a time, so that a group's values stay in a processor's cache

Values = list[np.ndarray]  # arrays of one shape, compared elementwise


def running_median(values: np.ndarray) -> np.ndarray:
    """Returns medians of 31 neighbours along the first axis, which is mirrored at its ends.

    Equals scipy.ndimage.median_filter(values, size=(31, 1), mode="reflect").

    Args:
        values: Array of shape `(n, columns)`.

    Returns:
        Array of the same shape and type.
    """
    n, columns = values.shape
    groups = -(-n // GROUP)
    padded = np.pad(values, [(GROUP - 1, GROUP - 1), (0, 0)], mode="symmetric")
    padded = np.pad(padded, [(0, (groups + 2) * GROUP - len(padded)), (0, 0)])
    grouped = padded.reshape(groups + 2, GROUP, columns).swapaxes(0, 1)
    found = np.empty((groups, GROUP, columns), values.dtype)
    for start in range(0, columns, LANES):
        lanes = np.ascontiguousarray(grouped[:, :, start : start + LANES])
        near = [
            lanes[place, first : first + groups] for first in range(3) for place in range(GROUP)
        ]
        left, core, right = (
            near[: GROUP - 1],
            near[GROUP - 1 : WINDOW],
            near[WINDOW : WINDOW + GROUP - 1],
        )
        for place, median in enumerate(_medians(_sorted(core), left, right)):
            found[:, place, start : start + LANES] = median
    return found.reshape(groups * GROUP, columns)[:n]


def _medians(core: Values, left: Values, right: Values) -> Values:
    """One median for each window of the group.

    `core` is sorted and shared by all windows; a window takes its other values from the sides.
    """
    if not left:
        return core
    half = len(core) // 2
    earlier = _middle(core, _sorted(left[half - 1 :]))
    later = _middle(core, _sorted(right[:half]))
    return _medians(earlier, left[: half - 1], right[: half - 1]) + _medians(
        later, left[half:], right[half:]
    )


def _middle(values: Values, more: Values) -> Values:
    """The middle third of two sorted lists, sorted; the first is twice as long as the second."""
    half = len(more)
    upper = _merged([np.maximum(*pair) for pair in zip(values[:half], more[::-1], strict=True)])
    return _merged([np.minimum(*pair) for pair in zip(upper, values[: half - 1 : -1], strict=True)])


def _sorted(values: Values) -> Values:
    if len(values) == 1:
        return values
    half = len(values) // 2
    return _merged(_sorted(values[:half]) + _sorted(values[half:])[::-1])


def _merged(values: Values) -> Values:
    """Sorts a list that rises and then falls, or the reverse; its length is a power of two."""
    if len(values) == 1:
        return values
    half = len(values) // 2
    pairs = list(zip(values[:half], values[half:], strict=True))
    return _merged([np.minimum(*pair) for pair in pairs]) + _merged(
        [np.maximum(*pair) for pair in pairs]
    )
