"""Our CSV files hold text, not formulas; numbers stay as they are."""

import pandas as pd
import pytest

from kerasaudio.data.tables.csv_text import csv_text, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-rf /", "@SUM(A1)", "\tx"])
def test_a_formula_begins_with_a_quote(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", ["plain", "", "-1", "--4gqARaEJE", "-a_b-", "+2.5e3", "-inf", -1, -0.5, None, "a=b"]
)
def test_everything_else_stays(value):
    assert safe_cell(value) is value


def test_a_table_is_the_one_that_pandas_writes_but_for_formulas():
    table = pd.DataFrame({"id": ["a", "b"], "x": [-0.1, 1e-9], "n": [1, -2], "yes": [True, False]})
    assert csv_text(table) == table.to_csv(index=False)
    assert csv_text(table.assign(id=["=a", "b"]).rename(columns={"x": "=x"})) == (
        "id,'=x,n,yes\n'=a,-0.1,1,True\nb,1e-09,-2,False\n"
    )
    assert csv_text(table.iloc[:0]) == table.iloc[:0].to_csv(index=False)
