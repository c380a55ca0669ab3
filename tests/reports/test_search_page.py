"""The page of a search, made of values."""

import pandas as pd
import pytest
from page_values import rows, search_of, titles

from kerasaudio.reports.effects import effects


@pytest.fixture
def trials():
    return pd.DataFrame(
        {
            "units": [8] * 6 + [4] * 4,
            "rate": [None, 0.1] * 5,
            "fixed": ["x"] * 10,
            "objective": [1 - 0.05 * n for n in range(10)],
            "val_loss": [0.5] * 10,
        }
    )


def test_search(trials):
    page = search_of(
        trials,
        ["units", "rate", "fixed"],
        failed=2,
        claims=[("more is better", False, "60%"), ("other", None, "needs 20 trials")],
    )
    assert "<b>1.000</b><span>best validation ROC-AUC of 10 trials, 2 failed</span>" in page
    assert "<b>0.750</b><span>the best trial on the test split, 0.700 to 0.800 (n = 10)" in page
    lines = rows(page)
    assert "8 – x 1.0000 0.500" in lines
    assert "more is better does not hold 60%" in lines
    assert "other open needs 20 trials" in lines
    assert "units 4 4 0.6250 0.7000 0 %" in lines  # four trials: no interval
    assert any(line.startswith("units 8 6 0.8750 ± 0.0") for line in lines)
    assert not any(line.startswith("fixed") for line in lines)


def test_effects_need_five_trials(trials):
    found = {each.value: each for each in effects(trials, ["units"])}
    assert found["4"].half is None and found["8"].half is not None
    assert (found["8"].n, found["8"].best, found["8"].share) == (6, 1.0, 1.0)


def test_search_without_hyper_parameters(trials):
    assert "Marginal effects" not in titles(search_of(trials, []))
