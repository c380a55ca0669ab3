"""Paired differences against SciPy's own paired bootstrap and against values by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kerasaudio.scoring import intervals
from kerasaudio.scoring.paired import paired_difference


@pytest.fixture
def answers():
    random = np.random.default_rng(1)
    first = pd.Series((random.random(200) < 0.8).astype(float), [f"clip{n}" for n in range(200)])
    second = first.where(random.random(200) < 0.9, 1 - first)
    return first, second


def test_the_interval_is_that_of_scipys_paired_bootstrap(answers):
    first, second = answers
    found = paired_difference([answers])
    expected = stats.bootstrap(
        (first.to_numpy(), second.to_numpy()),
        lambda one, two, axis=-1: one.mean(axis) - two.mean(axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        random_state=np.random.default_rng(5),
    ).confidence_interval
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.006)


def test_the_order_of_the_examples_does_not_matter(answers):
    first, second = answers
    assert paired_difference([(first, second[::-1])]) == paired_difference([answers])


def test_more_seeds_do_not_stand_for_more_clips(answers):
    once, often = paired_difference([answers]), paired_difference([answers] * 5)
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_folds_have_each_clip_once():
    folds = [
        (pd.Series([1.0, 1.0], ["a", "b"]), pd.Series([0.0, 1.0], ["a", "b"])),
        (pd.Series([1.0, 0.0], ["c", "d"]), pd.Series([0.0, 1.0], ["c", "d"])),
    ]
    assert paired_difference(folds).value == 0.25


def test_windows_of_clips_bound_how_many_resamples_are_in_memory(monkeypatch):
    monkeypatch.setattr(intervals, "AT_ONCE", 1000)
    seen = []

    def statistic(counts):
        seen.append(len(counts))
        return counts.mean(axis=-1)

    intervals.resampled(statistic, 10, 100, size=200)
    assert max(seen) <= 5
    seen.clear()
    intervals.resampled(statistic, 10, 100, classes=np.arange(10) % 2, size=200)
    assert max(seen) <= 5
