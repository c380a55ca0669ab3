"""CSV files as people write them give the table that was meant, and lines of the file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.tables.csv_table import read_csv
from kerasaudio.data.tables.table import finite_numbers
from kerasaudio.errors import UserError


@pytest.fixture
def table():
    generator = np.random.default_rng(0)
    found = pd.DataFrame(generator.normal(size=(40, 3)).round(6), columns=["a", "b", "c"])
    return found.assign(centroid=generator.uniform(900, 5000, 40).round(2), label="x")


def numbers(path):
    return finite_numbers(path, read_csv(path), ["a", "b", "c", "centroid"]).to_numpy()


@pytest.mark.parametrize(
    "write",
    [
        lambda table, path: table.to_csv(path, index=False),
        lambda table, path: table.to_csv(path, index=False, sep=";", decimal=","),
        lambda table, path: table.to_csv(path, index=False, sep="\t"),
        lambda table, path: table.to_csv(path, index=False, decimal=","),  # quoted: "0,353"
        lambda table, path: table.to_csv(path, index=False, encoding="utf-16"),
        lambda table, path: table.to_csv(path, index=False, encoding="utf-8-sig"),
        lambda table, path: path.write_text(table.to_csv(index=False).replace(",", ", ")),
        lambda table, path: table.assign(
            centroid=[f"{value:,.2f}" for value in table.centroid]
        ).to_csv(path, index=False),
        lambda table, path: table.assign(
            centroid=[f"{value:,.2f}".translate({44: 46, 46: 44}) for value in table.centroid]
        ).to_csv(path, index=False, sep=";", decimal=","),
    ],
)
def test_every_way_to_write_numbers_is_read(tmp_path, table, write):
    path = tmp_path / "table.csv"
    write(table, path)
    expected = table[["a", "b", "c", "centroid"]].to_numpy()
    np.testing.assert_allclose(numbers(path), expected, rtol=1e-12)
    assert list(read_csv(path).label) == ["x"] * 40


def test_what_could_be_two_numbers_stays_text(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,b\n"1,234",x\n"5,678",y\n')
    assert list(read_csv(path).a) == ["1,234", "5,678"]


def test_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,b\n\n1,x\n\n\n2,"two\nlines"\n3,y\n\n')
    assert list(read_csv(path).index) == [3, 6, 8]
    path.write_text("a,b\r\n1,x\r\n2,y\r\n")
    assert list(read_csv(path).index) == [2, 3]
    path.write_text("a,b\n\n1,x\n\nwhat,y\n")
    with pytest.raises(UserError, match="line 5, column a: found 'what'"):
        finite_numbers(path, read_csv(path), ["a"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,\0\n", "NUL bytes"),
        ("a,b\n1,é\n".encode("latin-1"), "byte 6 is no UTF-8. Save it as UTF-8"),
        (b"", "not a readable CSV table"),
        (b"a,b\n", "no rows"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_csv(path)


def test_a_table_of_very_many_columns_is_read(tmp_path):
    names = [f"feature_{n}" for n in range(16_000)]
    path = tmp_path / "table.csv"
    path.write_text(f"{';'.join(names)}\n{';'.join(['1'] * 16_000)}\n\n")
    assert list(read_csv(path).columns) == names


def test_names_may_hold_other_separators(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('"a, b, c";"d"\n1;2\n')
    assert list(read_csv(path).columns) == ["a, b, c", "d"]


def test_a_device_that_never_ends_is_refused():
    with pytest.raises(UserError, match="/dev/zero is not a readable CSV table: it is a device"):
        read_csv(Path("/dev/zero"))


def test_a_huge_cell_makes_a_short_message(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f"a,b\n{'x' * 300_000},y\n")
    with pytest.raises(UserError) as error:
        finite_numbers(path, read_csv(path), ["a"])
    assert len(str(error.value)) < 300
