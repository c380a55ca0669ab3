"""Pages made of values: what is shown, what is escaped, and where the warnings stand."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.tables import exploration
from kerasaudio.reports import baselines_page, exploration_page, figures, run_page, search_page
from kerasaudio.reports.drawing import VALID, plain
from kerasaudio.reports.effects import effects
from kerasaudio.reports.mistakes import Mistake, worst_mistakes
from kerasaudio.reports.page import Section, Table, render
from kerasaudio.reports.run import Run
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Measured, Scores, Threshold

HOSTILE = 'a $x^2$ <script>alert("1")</script>\n& more'
PROVENANCE = Provenance(
    "random 70:30", "test", "0123abcd" * 8, 10, {"bell": 0.6, "drum": 0.4}, 3, "valid", False
)
SPLITS = {"n": {"train": 20, "valid": 5, "test": 10}, "notes": {"duplicate rows": 7}}
HISTORY = [
    {"epoch": epoch, "accuracy": 0.5, "loss": 1.5, "val_accuracy": 0.4, "val_loss": 1.25}
    for epoch in (1, 2, 3)
]


def score(value, interval="Wilson 95 %"):
    return Score(value, value - 0.05, value + 0.05, interval)


def measured(*titles, baseline=None):
    return {
        title.lower().replace("-", "_"): Measured(title, score(0.5 + 0.01 * number), baseline)
        for number, title in enumerate(titles)
    }


def one_label(labels=("bell", "drum"), unit="clips", **more):
    figures = {"precision": 0.75, "recall": 0.625, "f1": 0.6875}
    return Scores(
        unit=unit,
        n=10,
        metrics=measured("accuracy", "macro-F1", "log-loss"),
        labels={label: figures | {"n": 6 - 2 * n} for n, label in enumerate(labels)},
        confusion=[[5, 1], [2, 2]],
        **more,
    )


def yes_or_no():
    return replace(
        one_label(("other", "speech")),
        metrics=measured("accuracy", "F1", "ROC-AUC", "log-loss", baseline=0.3125)
        | {"average_precision": Measured("AP", score(0.4), 0.4)},
        threshold=Threshold(0.25, "best f1 on validation"),
        calibration={"predicted": [0.2, 0.8], "observed": [0.3, 0.7], "expected_error": 0.1},
        curves={
            "roc": {"false_positive_rate": [0, 0.5, 1], "true_positive_rate": [0, 0.75, 1]},
            "precision_recall": {"recall": [1, 0.5, 0], "precision": [0.4, 0.5, 1]},
        },
    )


def many_labels(names=("rock", "jazz", "folk"), shown=True):
    example = {"id": "clip 7", "loss": 0.125, "tags": ["rock"], "highest": {"rock": 0.875}}
    return Scores(
        unit="clips",
        n=10,
        metrics=measured("ROC-AUC", "PR-AUC", "first tag", "log-loss"),
        labels={
            name: {
                "average_precision": 0.1 * number,
                "average_precision_interval": [0.01, 0.95],
                "roc_auc": 0.1 * number,
                "roc_auc_interval": [0.02, 0.98],
                "d_prime": 0.5,
                "n": number,
            }
            for number, name in enumerate(names, start=1)
        },
        left_out=("opera",),
        best=[example] if shown else [],
        worst=[example | {"tags": []}] if shown else [],
    )


def page_of(scores, **more):
    values = {
        "name": "a_run-001",
        "provenance": PROVENANCE,
        "splits": SPLITS,
        "history": HISTORY,
        "batch_losses": [],
        "kept_epoch": 2,
        "keep": "best_val_loss",
        "scores": scores,
        "mistakes": [],
        "baselines": [],
        "experiment": {"fit.epochs": "3"},
        "environment": {"python": "3.11"},
        "predictions": pd.DataFrame(columns=["id", "truth", "prediction"]),
        "heard": {},
        "layers": [("dense", "Dense", "10", 1290)],
    }
    run = Run(**values | more)
    return run_page.page(run, run_page.draw(run))


def titles(page):
    return re.findall("<h2>(.*?)</h2>", page)


def rows(page):
    """The tables' lines as text."""
    lines = re.findall("<tr.*?</tr>", page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub("<.*?>", " ", line)).strip() for line in lines]


def test_one_label_an_example():
    page = page_of(
        one_label(),
        mistakes=[Mistake("line 3", "bell", "drum", 0.96, 0.02)],
        baselines=[("SVC (RBF)", score(0.625))],
    )
    assert titles(page) == [
        "Training",
        "Confusion",
        "By label",
        "Beside classical methods",
        "The worst mistakes",
        "The network",
        "What was measured",
        "The experiment",
        "Made with",
    ]
    assert "kept epoch 2 of 3 (best val loss)" in page
    assert "<b>0.510</b><span>macro-F1, 0.460 to 0.560</span>" in page
    lines = rows(page)
    assert "bell 0.688 0.750 0.625 6" in lines
    assert "SVC (RBF) 0.625 0.575 to 0.675" in lines
    assert "line 3 bell drum 96.0 % 2.0 %" in lines
    assert "duplicate rows 7" in lines and "fit.epochs 3" in lines
    assert "most frequent label bell: 0.600 of the test clips" in lines
    assert 'title="drum taken for bell: 2"' in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_no_mistakes():
    assert "None: all of the test clips were recognised." in page_of(one_label())


def test_windows_and_their_clips():
    page = page_of(one_label(unit="windows", clips=replace(one_label(), n=4)))
    assert titles(page)[0] == "Whole clips"
    assert "Confusion of windows" in titles(page)
    assert "<b>10</b><span>test windows</span>" in page
    assert "<b>4</b><span>test clips</span>" in page
    assert page.count('class="confusion"') == 2


def test_yes_or_no():
    page = page_of(yes_or_no())
    assert "Beside always answering the same" in titles(page)
    assert "metric a_run-001 95 % interval always “other”" in rows(page)
    assert "F1 0.510 0.460 to 0.560 0.312" in rows(page)
    assert "“speech”, which 40.0 % of the clips have" in page
    assert "0.250 on (best f1 on validation)" in page
    assert "Over all thresholds" in titles(page) and "ROC: area 0.520" in page


def test_all_labels_beside_a_target():
    names = [f"label {number}" for number in range(1, 26)]
    rest = many_labels(names, shown=False)
    page = page_of(replace(yes_or_no(), all_labels=rest))
    place = titles(page).index("All labels")
    assert titles(page)[place:][:3] == ["All labels", "Highest average precision", "Lowest"]
    shown = [
        line.split()[1] for line in rows(page) if line.startswith("label ") and "0.500" in line
    ]
    assert shown == [str(number) for number in [*range(25, 15, -1), *range(10, 0, -1)]]


def test_many_labels():
    page = page_of(many_labels())
    assert titles(page)[:3] == ["Training", "Labels, from the highest ROC-AUC down", "By label"]
    assert "The worst mistakes" not in titles(page) and "Confusion" not in titles(page)
    assert "Left out, since none or all of the clips have them: opera." in page
    lines = [line for line in rows(page) if line.startswith(("rock", "jazz", "folk"))]
    assert lines[0] == "folk 0.300 0.020 to 0.980 0.300 0.010 to 0.950 0.500 3 0.300"
    assert [line.split()[0] for line in lines] == ["folk", "jazz", "rock"]
    assert "0.1250 clip 7 rock rock 0.88" in rows(page)
    assert "0.1250 clip 7 none of them rock 0.88" in rows(page)


def test_a_metric_that_the_page_does_not_know():
    scores = one_label()
    scores.metrics["kappa"] = Measured("Cohen's κ", score(0.25), 0.0)
    scores.labels["bell"]["false_alarms"] = 0.5
    scores.labels["drum"]["false_alarms"] = 0.125
    page = page_of(scores)
    assert "<span>Cohen&#39;s κ, 0.200 to 0.300</span>" in page
    assert "false alarms" in page
    assert "Cohen&#39;s κ 0.250 0.200 to 0.300 0.000" in rows(page)


def test_what_is_not_defined_is_a_dash():
    scores = one_label()
    scores.metrics["roc_auc"] = Measured("ROC-AUC", Score(*[float("nan")] * 3, "none"))
    assert "<b>–</b><span>ROC-AUC, – to –</span>" in page_of(scores)


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


def test_an_epoch_alone_is_visible():
    (epoch,) = HISTORY[:1]
    page = page_of(one_label(), history=[epoch], kept_epoch=1)
    alone, several = (
        re.findall(f"<use[^>]*{VALID}", figures.curves(rows, 1)) for rows in ([epoch], HISTORY)
    )
    assert len(alone) >= 2 and not several  # points in both panels
    assert "kept epoch 1 of 1" in page
    ticks = re.findall(r"<text[^>]*>([\d.]+)</text>", figures.curves([epoch], 1))
    assert ticks.count("1") == 2  # one whole epoch on either axis


def test_curves_of_whatever_was_watched():
    history = [{"epoch": 1, "loss": 1, "val_f1": 0.5, "val_loss": 2}, {"epoch": 2, "loss": 1}]
    history[1] |= {"val_f1": 0.25, "val_loss": 3}
    drawn = re.findall(r"<text[^>]*>([a-z][^<]*)</text>", figures.curves(history, 2))
    assert [text for text in drawn if text in ("loss", "f1", "accuracy")] == ["loss", "f1"]


def test_losses_within_epochs_are_drawn_where_there_are_several():
    rows = [{"step": 300 * number, "loss": 1 / number} for number in (1, 2, 3)]
    title = "training loss within epochs"
    assert title in page_of(one_label(), batch_losses=rows)
    assert title not in page_of(one_label(), batch_losses=rows[:1])


def test_the_same_values_give_the_same_page():
    assert page_of(yes_or_no()) == page_of(yes_or_no())


def test_tables_scroll_inside_their_section():
    page = render("title", "", [], [Section("", [Table(["a" * 500], [["b"]])])])
    assert page.index('<div class="wide">') < page.index("<table>")


def search_of(trials, names, **more):
    values = {
        "name": "own",
        "strategy": "grid",
        "provenance": PROVENANCE,
        "splits": SPLITS,
        "objective": "ROC-AUC",
        "trials": trials,
        "names": names,
        "failed": 0,
        "test": score(0.75),
        "claims": [],
        "experiment": {"model.units": "2"},
    }
    return search_page.page(**values | more)


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


def test_baselines():
    row = {
        "model": "random forest",
        "settings": {"min_samples_leaf": 2},
        "accuracy": score(0.625),
        "macro_f1": score(0.5),
        "mcnemar": {"only_baseline": 3, "only_model": 17, "p": 0.0026},
        "seconds": 1.25,
    }
    page = baselines_page.page("a_run-001", PROVENANCE, one_label(), [row], 20, 20, 5)
    line = "random forest 0.625 [0.575, 0.675] 0.500 [0.450, 0.550] 3 17 0.0026 1.2"
    assert f"{line} min_samples_leaf 2" in rows(page)
    assert str(PROVENANCE) in page and "5-fold" in page


def test_worst_mistakes_are_those_the_model_was_surest_of():
    table = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "truth": ["x", "y", "x"],
            "prediction": ["y", "y", "y"],
            "x": [0.4, 0.1, 0.2],
            "y": [0.6, 0.9, 0.8],
        }
    )
    assert worst_mistakes(table) == [
        Mistake("c", "x", "y", 0.8, 0.2),
        Mistake("a", "x", "y", 0.6, 0.4),
    ]
    assert worst_mistakes(table.drop(columns="prediction")) == []


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
