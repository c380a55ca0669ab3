"""What counts the rows, or tells the label, is no feature of one's own table."""

import unicodedata

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.own_table import OwnTable
from kerasaudio.errors import UserError

FEATURES = tuple(f"mfcc{number}" for number in range(6))


@pytest.fixture
def noise():
    """Features that say nothing about three labels, as `pandas` holds them."""
    generator = np.random.default_rng(3)
    table = pd.DataFrame(generator.normal(size=(150, 6)), columns=list(FEATURES))
    return table.assign(label=np.repeat(["blues", "jazz", "rock"], 50))


def facts(folder, table, **options):
    table.to_csv(folder / "t.csv", **{"index": False, **options})
    return OwnTable("t.csv").with_facts(folder)


def test_an_index_an_id_and_a_coded_label_are_left_out_and_named(tmp_path, noise):
    generator = np.random.default_rng(0)
    code = noise.label.astype("category").cat.codes
    suspect = {
        "number": np.arange(150),
        "shuffled": generator.permutation(np.arange(1, 151)),
        "fsID": generator.integers(1, 9**5, 150),
        "fold": np.arange(150) % 10 + 1,
        "label_encoded": code,
        "is_jazz": (noise.label == "jazz").astype(int),
        "stamp": 1.7e9 + generator.normal(size=150),
    }
    data = facts(tmp_path, noise.assign(**suspect), index=True)
    assert data.columns == FEATURES
    splits = data.load(tmp_path)
    assert all(f"{name}: " in splits.notes["no features"] for name in suspect)
    assert "no name, as an index" in splits.notes["no features"]
    assert splits.notes["features"] == f"6: {', '.join(FEATURES)}"


def test_columns_that_are_named_by_hand_are_taken(tmp_path, noise):
    noise.assign(fold=np.arange(150) % 10).to_csv(tmp_path / "t.csv", index=False)
    data = OwnTable("t.csv", columns=("mfcc0", "fold")).with_facts(tmp_path)
    assert data.columns == ("mfcc0", "fold")
    assert "no features" not in data.load(tmp_path).notes


def test_a_feature_that_tells_the_label_is_one_if_it_is_measured(tmp_path, noise):
    code = noise.label.astype("category").cat.codes
    good = noise.assign(centroid=1000 * code + noise.mfcc0, beats=(np.arange(150) * 7) % 60)
    assert facts(tmp_path, good).columns == (*FEATURES, "centroid", "beats")


def test_what_looks_like_numbers_and_is_not_taken_is_named(tmp_path, noise):
    odd = noise.assign(
        loud=np.where(noise.mfcc0 > 0, "True", "False"),
        percent=[f"{value:.1f} %" for value in noise.mfcc1],
        sparse=[str(n) if n % 9 == 0 else "" for n in range(150)],
        artist="somebody",
    )
    data = facts(tmp_path, odd)
    assert data.columns == FEATURES
    told = data.load(tmp_path).notes["no features"]
    assert all(f"{name}: " in told for name in ("loud", "percent", "sparse"))
    assert "artist" not in told


def test_labels_that_look_alike(tmp_path, noise):
    odd = np.arange(150) % 2 == 1
    other = noise.label.replace("blues", "café")
    blank = noise.assign(label=np.where(odd, other + " ", other))
    assert facts(tmp_path, blank).labels == ("café", "jazz", "rock")
    decomposed = np.where(odd, [unicodedata.normalize("NFD", each) for each in other], other)
    assert facts(tmp_path, noise.assign(label=decomposed)).labels == ("café", "jazz", "rock")
    broken = noise.assign(label=np.where(odd, "new\nline", "b"))
    assert facts(tmp_path, broken).labels == ("b", "new line")
    case = noise.assign(label=np.where(odd, other.str.upper(), other))
    notes = facts(tmp_path, case).load(tmp_path).notes
    assert notes["labels that differ in case alone"] == "CAFÉ and café"
    code = noise.label.astype("category").cat.codes.astype(str)
    with pytest.raises(UserError, match="labels 0 and 0.0 are the same number"):
        facts(tmp_path, noise.assign(label=np.where(odd, code + ".0", code)))


def test_rows_have_the_names_of_their_files(tmp_path, noise):
    data = facts(tmp_path, noise.assign(filename=[f"{n:03d}.wav" for n in range(150)]))
    assert data.name_column == "filename"
    assert data.load(tmp_path).test.ids[0].endswith(".wav")
    assert facts(tmp_path, noise.assign(filename="same.wav")).name_column is None
