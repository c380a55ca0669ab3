"""`python -m kerasaudio.explore`: what the page says is what the table says."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from kerasaudio.data.gtzan import FEATURES, GENRES, GtzanFeatures
from kerasaudio.data.tables import exploration


@pytest.fixture
def real_features(real_data):
    return GtzanFeatures().table(real_data)[list(FEATURES)]


def test_components_explain_what_the_paper_says(real_features):
    ratios = exploration.principal_components(real_features).ratios
    assert [round(ratio, 8) for ratio in ratios] == [0.24644968, 0.22028192, 0.09803759]


def test_the_papers_pair_goes_against_each_other(real_features):
    correlation = exploration.ordered_correlation(real_features.filter(like="_mean"))
    assert correlation.shape == (28, 28)
    first, second = "mfcc2_mean", "spectral_centroid_mean"
    expected = pearsonr(real_features[first], real_features[second]).statistic
    found = exploration.pair(correlation, first, second).r
    assert found == pytest.approx(expected, abs=1e-12)
    assert round(found, 4) == -0.9402
    strongest = exploration.strongest_pairs(correlation, 1)[0]
    assert {strongest.first, strongest.second} == {"rolloff_mean", "spectral_centroid_mean"}


def test_blocks_stand_together():
    """Three groups of columns, shuffled; one holds a column that goes against its group."""
    random = np.random.default_rng(0)
    causes = random.normal(size=(200, 3))
    table = pd.DataFrame(
        {
            f"{group}{n}": causes[:, group] + 0.3 * random.normal(size=200)
            for n in range(4)
            for group in range(3)
        }
    )
    table["13"] *= -1
    order = [name[0] for name in exploration.ordered_correlation(table).columns]
    assert sum(left != right for left, right in zip(order, order[1:], strict=False)) == 2


def test_a_page_of_its_own(command, tmp_path, standin_root):
    outcome = command("explore", "gtzan", "--data", standin_root, "--out", "page.html")
    assert outcome.code == 0, outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    page = (tmp_path / "page.html").read_text()
    assert "STAND-IN" in page
    assert page.count("<svg") == 3 + len(FEATURES)
    assert all(feature in page for feature in FEATURES) and all(genre in page for genre in GENRES)
    assert not re.search(r'(?:src|href)="(?!#|data:)', page), (
        "the page asks for something outside of it"
    )


def test_refused_in_one_line(command, tmp_path, standin_root):
    for arguments in (
        ["nothing"],
        ["gtzan", "--data", "nowhere"],
        ["gtzan", "--out", "nowhere/page.html"],
    ):
        outcome = command("explore", *arguments)
        assert outcome.code == 2 and outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
