"""How much better one network is than another on the same examples."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kerasaudio.scoring.intervals import Score, percentile, resampled


def paired_difference(pairs: Sequence[tuple[pd.Series, pd.Series]]) -> Score:
    """Returns the mean difference of two networks' values, with a paired bootstrap's interval.

    Both networks are judged on the same draws of examples, so that what makes an example hard for
    both cancels out. Several pairs are trainings under several seeds: an example is drawn with
    all its values.

    Args:
        pairs: For each pair of runs, a value for each example, by the example's name, such as 1
            for a right answer and 0 for a wrong one. Both have the same names.

    Returns:
        The mean of first minus second.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    each = pd.concat([first - second for first, second in pairs])
    summed = each.groupby(level=0).agg(["sum", "size"])
    totals, sizes = summed["sum"].to_numpy(float), summed["size"].to_numpy(float)
    drawn = resampled(lambda counts: (counts @ totals) / (counts @ sizes), len(summed))
    return percentile(float(each.mean()), drawn, " of paired examples")
