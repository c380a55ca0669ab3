"""What any table says about itself; the page and GTZAN's own table are in tests/reports."""

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.data.own_table import OwnTable
from kerasaudio.data.tables.exploration import explore
from kerasaudio.errors import UserError


@pytest.fixture
def own(tmp_path):
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(30, 4)), columns=["a", "b", "c", "d"])
    table = table.assign(b=-table.a, constant=1.0, kind=["x", "y", "y"] * 10)
    pd.concat([table, table.iloc[:2]]).to_csv(tmp_path / "own.csv", index=False)
    return tmp_path


def test_an_own_table(own):
    facts = explore(OwnTable("own.csv", "kind"), own)
    assert (facts.file, facts.synthetic, facts.claim) == ("own.csv", False, None)
    assert facts.labels == ("x", "y") and facts.counts == {"x": 11, "y": 21}
    assert facts.features.shape == (32, 5) and facts.duplicates == 2
    assert set(facts.correlation.columns) == {"a", "b", "c", "d"}
    assert {facts.pairs[0].first, facts.pairs[0].second} == {"a", "b"}
    assert facts.pairs[0].r == pytest.approx(-1)
    assert facts.components.points.shape == (32, 3)


def test_too_little_to_explore_is_one_line(own):
    with pytest.raises(UserError, match="32 rows and 2 features .* at least 3 of both"):
        explore(OwnTable("own.csv", "kind", columns=("a", "c", "constant")), own)
    with pytest.raises(UserError, match="GtzanAudio has no table to explore"):
        explore(GtzanAudio(), own)
