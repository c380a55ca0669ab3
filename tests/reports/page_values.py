"""Values that pages are made of, and what stands on a page."""

import re
from dataclasses import replace

import pandas as pd

from kerasaudio.reports import run_page, search_page
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


def titles(page):
    return re.findall("<h2>(.*?)</h2>", page)


def rows(page):
    """The tables' lines as text."""
    lines = re.findall("<tr.*?</tr>", page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub("<.*?>", " ", line)).strip() for line in lines]
