"""A CSV file of one's own: what is taken for a feature, how rows are drawn, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

from kerasaudio.data.own_table import OwnTable
from kerasaudio.errors import UserError


@pytest.fixture
def wine(tmp_path):
    """scikit-learn's wine data, 178 rows: a table that nobody here made up."""
    bunch = load_wine(as_frame=True)
    table = bunch.data.assign(
        maker=bunch.target.map({0: "c", 1: "a", 2: "b"}), bottle=[f"no {n}" for n in range(178)]
    )
    table.to_csv(tmp_path / "wine.csv", index=False)
    return tmp_path


def test_labels_and_columns_are_found(wine):
    data = OwnTable("wine.csv", "maker", name_column="bottle", leave_out=("proline",)).with_facts(
        wine
    )
    assert data.labels == ("a", "b", "c")
    assert data.columns == tuple(name for name in load_wine().feature_names if name != "proline")
    assert data.shape == (12,)


def test_rows_are_drawn_in_proportion(wine):
    splits = OwnTable("wine.csv", "maker").with_facts(wine).load(wine)
    assert [len(examples) for _, examples in splits] == [99, 25, 54]
    shares = [np.bincount(examples.targets) / len(examples) for _, examples in splits]
    np.testing.assert_allclose(shares, np.tile([71 / 178, 48 / 178, 59 / 178], (3, 1)), atol=0.03)
    everyone = [name for _, examples in splits for name in examples.ids]
    assert sorted(everyone) == sorted(f"line {line}" for line in range(2, 180))


def test_inputs_and_targets_belong_to_their_ids(wine):
    splits = OwnTable("wine.csv", "maker", name_column="bottle").with_facts(wine).load(wine)
    bunch = load_wine()
    for _, examples in splits:
        rows = [int(name.removeprefix("no ")) for name in examples.ids]
        found = examples.inputs.array
        np.testing.assert_allclose(found, bunch.data[rows], rtol=1e-6)
        np.testing.assert_array_equal(np.array([2, 0, 1])[bunch.target[rows]], examples.targets)


def test_a_seed_decides_the_members(wine):
    hashes = [
        OwnTable("wine.csv", "maker", seed=seed).with_facts(wine).load(wine).members_hash()
        for seed in (0, 0, 1)
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_duplicates_are_counted_and_can_be_dropped(wine):
    rows = pd.read_csv(wine / "wine.csv")
    pd.concat([rows, rows.iloc[:7]]).to_csv(wine / "twice.csv", index=False)
    keep = OwnTable("twice.csv", "maker").with_facts(wine).load(wine)
    assert keep.notes["duplicate rows"] == 7
    drop = OwnTable("twice.csv", "maker", duplicates="drop").with_facts(wine).load(wine)
    assert sum(len(examples) for _, examples in drop) == 178
    assert drop.notes["duplicate rows"] == 7 and drop.notes["duplicates across splits"] == 0
    assert drop.notes["features"] == f"13: {', '.join(load_wine().feature_names)}"


@pytest.mark.parametrize(
    ("change", "fields", "words"),
    [
        (lambda rows: rows, {"label_column": "genre"}, "no column 'genre'"),
        (lambda rows: rows, {"path": "../wine.csv"}, "below the data root"),
        (lambda rows: rows, {"path": "nowhere.csv"}, "was not found"),
        (lambda rows: rows.assign(maker="a"), {}, "at least two labels"),
        (lambda rows: rows[["maker", "bottle"]], {}, "no column of numbers"),
        (
            lambda rows: rows.assign(alcohol=rows.alcohol.astype(str).mask(rows.index == 4, "x")),
            {},
            "line 6, .*alcohol",
        ),
        (
            lambda rows: rows.assign(maker=rows.maker.mask(rows.index == 4)),
            {},
            "line 6: .*'maker' is empty",
        ),
        (
            lambda rows: rows.assign(alcohol=rows.alcohol.mask(rows.index == 4, 1e39)),
            {},
            "line 6, .*alcohol.*e\\+39",
        ),
        (lambda rows: rows.assign(bottle="same"), {"name_column": "bottle"}, "line 3: .*twice"),
        (lambda rows: rows.iloc[[0, 1, 70]], {}, "Too few rows"),
    ],
)
def test_refused(wine, change, fields, words):
    change(pd.read_csv(wine / "wine.csv")).to_csv(wine / "wine.csv", index=False)
    with pytest.raises(UserError, match=words):
        OwnTable(**{"path": "wine.csv", "label_column": "maker", **fields}).with_facts(wine).load(
            wine
        )


def test_the_pieces_of_a_recording_stay_in_one_split(wine):
    rows = pd.read_csv(wine / "wine.csv")
    pieces = rows.assign(
        filename=[f"wine {n // 4}.{n % 4}.wav" for n in range(178)]
    )  # as `features` calls them
    pieces.to_csv(wine / "pieces.csv", index=False)
    data = OwnTable("pieces.csv", "maker").with_facts(wine)
    splits = data.load(wine)
    wholes = [
        {int(name.removeprefix("wine ").split(".")[0]) for name in examples.ids}
        for _, examples in splits
    ]
    assert sum(map(len, wholes)) == len(set.union(*wholes)) == 45
    assert sum(len(examples) for _, examples in splits) == 178
    assert splits.notes["recordings, each in one split"] == 45
    apart = OwnTable("pieces.csv", "maker", pieces="apart").with_facts(wine)
    assert "LEAKS" in apart.protocol
    alike = OwnTable("wine.csv", "maker").with_facts(wine).load(wine)
    for (_, one), (_, other) in zip(apart.load(wine), alike, strict=True):
        np.testing.assert_array_equal(one.inputs.array, other.inputs.array)
        assert len(set(one.clips)) < len(one) and not other.clips
    assert splits.test.clips[0] == f"wine {splits.test.ids[0].split('.')[0][5:]}.wav"


def test_files_that_are_numbered_as_gtzans_are_recordings_of_their_own(wine):
    rows = pd.read_csv(wine / "wine.csv")
    rows.assign(filename=[f"{maker}.{n:05d}.wav" for n, maker in enumerate(rows.maker)]).to_csv(
        wine / "numbered.csv", index=False
    )
    notes = OwnTable("numbered.csv", "maker").with_facts(wine).load(wine).notes
    assert "recordings, each in one split" not in notes


def test_rows_with_more_cells_than_the_header_are_refused(wine):
    header, *rows = (wine / "wine.csv").read_text().splitlines()
    (wine / "wine.csv").write_text("\n".join([header, *(f"{row}," for row in rows)]))
    with pytest.raises(UserError, match="more cells"):
        OwnTable("wine.csv", "maker").with_facts(wine)


def test_the_command_trains_on_it(command, wine):
    arguments = [
        "--experiment",
        "own_table",
        "--data",
        wine,
        "--set",
        "data.path=wine.csv",
        "--set",
        "fit.epochs=30",
    ]
    outcome = command(
        "train", *arguments, "--set", "data.label_column=maker", "--runs", wine / "runs"
    )
    assert outcome.code == 0, outcome.err
    run = wine / "runs" / "own_table-001"
    accuracy = json.loads((run / "scores.json").read_text())["metrics"]["accuracy"]["value"]
    assert accuracy > 0.9  # any good classifier's is
    assert json.loads((run / "experiment.json").read_text())["experiment"]["data"]["labels"] == [
        "a",
        "b",
        "c",
    ]
    assert (
        command("predict", run, wine / "wine.csv").out.splitlines()[0]
        == "filename,prediction,probability,a,b,c"
    )
    pd.read_csv(wine / "wine.csv").assign(maker="other").to_csv(wine / "wine.csv", index=False)
    outcome = command("evaluate", run)
    assert outcome.code == 2 and "unknown label 'other'" in outcome.err
