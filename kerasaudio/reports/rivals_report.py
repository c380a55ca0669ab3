"""rivals.html: a run and the tuned classical methods side by side."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from kerasaudio.reports import report
from kerasaudio.reports.drawing import TRAIN, VALID, svg, tidy
from kerasaudio.runs.runs import Run, write_text
from kerasaudio.scoring import baselines
from kerasaudio.scoring.provenance import Stamp
from kerasaudio.scoring.scores import Score


def write(
    run: Run, found: dict[str, Any], rows: list[dict[str, Any]], stamp: Stamp, train: int
) -> None:
    """`found` are the run's scores, `rows` those of baselines.face, `train` the number of training rows."""
    accuracy = Score(**found["accuracy"])
    scored = [
        {**row, "accuracy": Score(**row["accuracy"]), "macro_f1": Score(**row["macro_f1"])}
        for row in rows
    ]
    page = report.render(
        "rivals.html",
        name=run.name,
        stamp=stamp,
        accuracy=accuracy,
        macro_f1=Score(**found["macro_f1"]),
        rivals=scored,
        figure=intervals_figure(
            [(run.name, accuracy), *((row["model"], row["accuracy"]) for row in scored)]
        ),
        train=train,
        folds=baselines.FOLDS,
    )
    write_text(run.path / "rivals.html", page)


def intervals_figure(named: list[tuple[str, Score]]) -> str:
    """Each accuracy with its interval, the first one highlighted, as SVG."""
    figure = Figure(figsize=(9, 0.6 + 0.34 * len(named)), layout="constrained")
    axes = figure.subplots()
    for place, (_, score) in enumerate(named):
        colour = TRAIN if place else VALID
        axes.plot([score.low, score.high], [place, place], color=colour, linewidth=2)
        axes.plot(score.value, place, "o", color=colour)
    axes.set_yticks(range(len(named)), [name for name, _ in named])
    axes.invert_yaxis()
    tidy(axes)
    return svg(figure)
