import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.gtzan import FEATURES, GENRES, GtzanFeatures, filtered_clips
from kerasaudio.errors import UserError


def table_path(root: Path) -> Path:
    return root / "gtzan" / "features_30_sec.csv"


@pytest.fixture
def copy(tmp_path: Path, standin_root: Path):
    """Writes a changed copy of the stand-in's table into a data root of its own."""

    def write(change) -> Path:
        rows = pd.read_csv(table_path(standin_root), dtype=str)
        path = table_path(tmp_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        change(rows).to_csv(path, index=False)
        return tmp_path

    return write


def test_filtered_split_has_the_published_counts():
    # Kereliuk, Sturm and Larsen 2015, as pinned by several public code bases.
    counts = {split: len(filtered_clips(split)) for split in ("train", "valid", "test")}
    assert counts == {"train": 443, "valid": 197, "test": 290}
    by_genre = Counter(name.partition(".")[0] for name in filtered_clips("test"))
    assert [by_genre[genre] for genre in GENRES] == [31, 31, 30, 29, 27, 27, 27, 30, 26, 32]
    everyone = [name for split in ("train", "valid", "test") for name in filtered_clips(split)]
    assert len(set(everyone)) == 930


def test_filtered_split_equals_the_published_lists(real_data):
    for split in ("train", "valid", "test"):
        lines = (real_data / "gtzan" / "splits" / f"{split}_filtered.txt").read_text().split()
        published = {re.sub(r"^.*/|\.wav$", "", line) for line in lines}
        assert set(filtered_clips(split)) == published


def test_the_real_table_splits_as_the_paper_says(real_data):
    splits = GtzanFeatures().load(real_data)
    assert len(splits.train) + len(splits.valid) == 700
    assert len(splits.test) == 300
    assert splits.notes["duplicate rows"] == 14
    dropped = GtzanFeatures(duplicates="drop").load(real_data)
    assert sum(len(examples) for _, examples in dropped) == 986
    assert dropped.notes["duplicates across splits"] == 0


def test_the_real_table_has_the_columns_that_are_expected(real_data):
    header = table_path(real_data).read_text().partition("\n")[0].strip().split(",")
    assert header == ["filename", "length", *FEATURES, "label"]


def test_the_standin_has_exactly_the_real_format(standin_root, real_data):
    made, real = (pd.read_csv(table_path(root)) for root in (standin_root, real_data))
    assert list(made.columns) == list(real.columns)
    assert list(made.dtypes) == list(real.dtypes)
    assert list(made.filename) == list(real.filename)
    assert table_path(standin_root).read_bytes().count(b"\r\n") == 1001


def test_the_standin_is_the_same_every_time(tmp_path, standin_root):
    GtzanFeatures().write_standin(tmp_path)
    assert table_path(tmp_path).read_bytes() == table_path(standin_root).read_bytes()


def test_random_split_depends_on_its_seed_alone(standin_root):
    first, again, other = (GtzanFeatures(seed=seed).load(standin_root) for seed in (0, 0, 1))
    assert first.members_hash() == again.members_hash() != other.members_hash()
    members = [set(examples.ids) for _, examples in first]
    assert sum(map(len, members)) == len(set().union(*members)) == 1000


def test_straddling_duplicates_are_counted(copy):
    def repeat(rows):
        train = set(filtered_clips("train"))
        first_test = rows.filename == filtered_clips("test")[0] + ".wav"
        first_train = rows.filename.str.removesuffix(".wav").isin(train).idxmax()
        rows.loc[first_test, list(FEATURES)] = rows.loc[first_train, list(FEATURES)].to_numpy()
        return rows

    before = (
        GtzanFeatures(split="filtered")
        .load(copy(lambda rows: rows))
        .notes["duplicates across splits"]
    )
    assert (
        GtzanFeatures(split="filtered").load(copy(repeat)).notes["duplicates across splits"]
        == before + 1
    )


def test_inputs_are_the_rows_of_the_table(standin_root):
    rows = pd.read_csv(table_path(standin_root)).set_index("filename")
    test = GtzanFeatures().load(standin_root).test
    inputs = test.inputs.array
    np.testing.assert_array_equal(
        inputs, rows.loc[list(test.ids), list(FEATURES)].to_numpy(np.float32)
    )
    assert [GENRES[target] for target in test.targets] == list(rows.label[list(test.ids)])


def cell(row, column, value):
    def change(rows):
        rows.loc[row, column] = value
        return rows

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop(columns="tempo"), "lacks tempo: expected 60 columns, found 59"),
        (lambda rows: rows.assign(mood="sad"), "has an extra mood"),
        (lambda rows: rows[[*rows.columns[1:], "filename"]], "'length' is out of place"),
        (lambda rows: rows.head(0), "has no rows"),
        (cell(3, "tempo", "fast"), "line 5, column tempo: found 'fast', expected a finite number"),
        (cell(0, "rms_var", "NaN"), "line 2, column rms_var: found 'NaN'"),
        (cell(999, "mfcc20_var", "inf"), "line 1001, column mfcc20_var: found 'inf'"),
        (cell(7, "mfcc1_mean", ""), "line 9, column mfcc1_mean: found an empty cell"),
        (cell(5, "label", "polka"), "line 7: unknown label 'polka'; expected one of blues"),
        (
            cell(8, "filename", "blues.00000.wav"),
            "line 10: blues.00000.wav stands in the table twice",
        ),
        (
            lambda rows: rows.assign(filename=rows.filename.str.replace(".wav", ".0.wav")),
            "line 2: the row 'blues.00000.0.wav' is labelled blues: expected the table of whole",
        ),
        (cell(100, "label", "rock"), "line 102: the row 'classical.00000.wav' is labelled rock"),
        (lambda rows: rows[rows.label != "rock"], "train has none of rock"),
        (lambda rows: rows[::300], "Too few rows for the split random_70_30 seed 0 \\(4 found\\)"),
    ],
)
def test_a_bad_table_is_refused_with_row_and_column(copy, change, message):
    with pytest.raises(UserError, match=message):
        GtzanFeatures().load(copy(change))


def test_a_table_that_is_cut_says_so(copy, standin_root):
    assert "rows of the table" not in GtzanFeatures().load(standin_root).notes
    notes = GtzanFeatures().load(copy(lambda rows: rows[rows.index % 10 != 3])).notes
    assert notes["rows of the table"] == "900, and 1000 were published"


def test_a_table_that_lacks_clips_of_the_filtered_split_is_refused(copy):
    with pytest.raises(UserError, match=r"lacks 1 of them, first blues.00012.wav"):
        GtzanFeatures(split="filtered").load(
            copy(lambda rows: rows[rows.filename != "blues.00012.wav"])
        )


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b'a,b\n"1,2\n3'])
def test_what_is_no_table_is_refused(tmp_path, content):
    table_path(tmp_path).parent.mkdir(parents=True)
    table_path(tmp_path).write_bytes(content)
    with pytest.raises(UserError):
        GtzanFeatures().load(tmp_path)


def test_fewer_training_rows_leave_the_other_splits_as_they_are(standin_root):
    whole = GtzanFeatures().load(standin_root)
    some = GtzanFeatures(train_rows=140).load(standin_root)
    assert len(some.train) == 140
    assert set(some.train.ids) < set(whole.train.ids)
    assert (some.valid.ids, some.test.ids) == (whole.valid.ids, whole.test.ids)
    assert "140 training rows" in GtzanFeatures(train_rows=140).protocol
    for count in (5, 100_000):
        with pytest.raises(UserError, match="data.train_rows"):
            GtzanFeatures(train_rows=count).load(standin_root)
