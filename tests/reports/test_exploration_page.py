"""The page about a table, made of values."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from page_values import HOSTILE, rows

from kerasaudio.data.tables import exploration
from kerasaudio.reports import exploration_page


@pytest.fixture
def explored():
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.normal(size=(30, 3)), columns=["low_mean", "$x$_mean", "a<b"])
    correlation = exploration.ordered_correlation(features)
    return exploration.Exploration(
        file="own/table.csv",
        synthetic=True,
        labels=(HOSTILE, "_drum"),
        features=features,
        row_labels=pd.Series([HOSTILE] * 20 + ["_drum"] * 10),
        duplicates=4,
        correlation=correlation,
        pairs=exploration.strongest_pairs(correlation, 2),
        components=exploration.principal_components(features),
        claim=exploration.Claim("A paper", exploration.Pair("low", "high", -0.94), (0.5, 0.3, 0.1)),
    )


def test_exploration(explored):
    page = exploration_page.page(explored)
    assert page.index("STAND-IN") < page.index("<section>")
    assert "A paper" not in page  # nothing about a stand-in is compared with a paper
    assert page.count("<svg") == 3 + 3
    assert "<b>4</b><span>rows that equal an earlier one</span>" in page
    assert "_drum 10" in rows(page)
    assert "<script" not in page and "a&lt;b" in page
    legend, _ = re.findall("<figure>(.*?)</figure>", page, re.DOTALL)[:2]
    assert "_drum</text>" in legend and "a $x^2$" in legend
    real = exploration_page.page(replace(explored, synthetic=False))
    assert "STAND-IN" not in real
    assert "A paper calls low and high correlated" in real and "−0.9400" in real
