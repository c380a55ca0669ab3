"""What holds of every page: warnings, text of users, widths."""

import re
from dataclasses import replace

import pandas as pd
from page_values import (
    HOSTILE,
    PROVENANCE,
    many_labels,
    one_label,
    page_of,
    score,
    search_of,
    yes_or_no,
)

from kerasaudio.reports import baselines_page
from kerasaudio.reports.drawing import plain
from kerasaudio.reports.mistakes import Mistake
from kerasaudio.reports.page import Section, Table, render


def test_warnings_stand_above_all_figures():
    worst = replace(PROVENANCE, synthetic=True, selected_on="test", protocol="windows, LEAKS")
    trials = pd.DataFrame({"units": [1, 2], "objective": [0.5, 0.4], "val_loss": [1.0, 2.0]})
    for page in (
        page_of(one_label(), provenance=worst),
        page_of(yes_or_no(), provenance=worst),
        page_of(many_labels(), provenance=worst),
        baselines_page.page("a_run-001", worst, one_label(), [], 20, 20, 5),
        search_of(trials, ["units"], provenance=worst),
    ):
        banners = [match.start() for match in re.finditer('<div class="banner">', page)]
        assert len(banners) == 3
        assert max(banners) < page.index("<section>")
        assert all(word in page for word in ("STAND-IN", "LEAKS", "SELECTED ON TEST"))
    assert '<div class="banner">' not in page_of(one_label())


def test_text_of_users_is_neither_markup_nor_a_formula():
    labels = (HOSTILE, "drum")
    page = page_of(
        one_label(labels),
        name=HOSTILE,
        provenance=replace(PROVENANCE, protocol=HOSTILE, prevalence={HOSTILE: 1.0}),
        mistakes=[Mistake(HOSTILE, HOSTILE, "drum", 0.9, 0.1)],
        baselines=[(HOSTILE, score(0.5))],
        experiment={HOSTILE: HOSTILE},
        environment={HOSTILE: HOSTILE},
    )
    chart = page_of(many_labels((HOSTILE, "$", "_jazz")))
    several = baselines_page.page(HOSTILE, PROVENANCE, one_label(), [], 20, 20, 5)
    trials = pd.DataFrame({HOSTILE: ["$", HOSTILE], "objective": [0.5, 0.4], "val_loss": 1.0})
    searched = search_of(trials, [HOSTILE], claims=[(HOSTILE, True, HOSTILE)])
    for each in (page, chart, several, searched):
        assert "<script" not in each
        assert "a $x^2$ &lt;script&gt;" in each
    assert all("a $x^2$" in svg for svg in re.findall("<svg.*?</svg>", chart, re.DOTALL)[1:])


def test_plain_text():
    assert plain("a\n $b$") == r"a \$b\$"


def test_the_same_values_give_the_same_page():
    assert page_of(yes_or_no()) == page_of(yes_or_no())


def test_tables_scroll_inside_their_section():
    page = render("title", "", [], [Section("", [Table(["a" * 500], [["b"]])])])
    assert page.index('<div class="wide">') < page.index("<table>")
