"""The page of a run, made of values: what is shown of each kind of scores, and the curves."""

import re
from dataclasses import replace

import pandas as pd
from page_values import (
    HISTORY,
    many_labels,
    one_label,
    page_of,
    rows,
    score,
    titles,
    yes_or_no,
)

from kerasaudio.reports import figures
from kerasaudio.reports.drawing import VALID
from kerasaudio.reports.mistakes import Mistake, worst_mistakes
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.scores import Measured


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
