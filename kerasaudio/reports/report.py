"""What a finished run leaves for a person: scores.json, predictions.csv and report.html."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import jinja2
import keras
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kerasaudio.data.splits import Examples, Splits
from kerasaudio.experiment import Experiment, fields
from kerasaudio.reports import binary_report, tag_report
from kerasaudio.reports.drawing import INK, MUTED, TRAIN, VALID, svg, tidy
from kerasaudio.runs.runs import Run, write_text
from kerasaudio.scoring import baselines, binary_scores, provenance, scores, tag_scores
from kerasaudio.training import fitting, pipeline
from kerasaudio.training.assemble import behind, has_tags

WORST = 12


def write(
    model: keras.Model,
    experiment: Experiment,
    splits: Splits,
    run: Run,
    stamp: provenance.Stamp,
    history: list[dict[str, float]],
) -> None:
    """Score the test split, write what was found, and print the scores in short."""
    told = _write_tags if has_tags(experiment.data) else _write_answers
    found = told(model, experiment, splits, run, stamp, history)
    run.write("scores.json", {"stamp": asdict(stamp), **found})
    for line in scores.lines(found):
        print(f"test      {line}")
    for row in found.get("rivals", []):
        print(f"rival     {row['model']}: accuracy {scores.Score(**row['accuracy'])}")
    print(f"report    {run.path / 'report.html'}")


def _write_answers(
    model: keras.Model,
    experiment: Experiment,
    splits: Splits,
    run: Run,
    stamp: provenance.Stamp,
    history: list[dict[str, float]],
) -> dict[str, Any]:
    data = experiment.data
    predicted = predict(model, splits.test)
    threshold = None
    if data.task != "single_label" and experiment.fit.threshold != "half":
        threshold = scores.choose_threshold(
            experiment, splits.valid.targets, predict(model, splits.valid)
        )
    given = scores.answers(data, splits.test.targets, predicted, threshold)
    clips = splits.test.clips
    found = scores.measure(data, given, splits.test.targets, predicted, clips)
    table = scores.predictions(splits.test.ids, given)
    compared = (
        baselines.compare(splits, experiment.fit.seed)
        if len(data.shape) == 1 and data.rate is None
        else []
    )
    write_text(run.path / "predictions.csv", table.to_csv(index=False))
    if clips:
        whole = scores.predictions(tuple(sorted(set(clips))), scores.by_clip(clips, given))
        write_text(run.path / "clip_predictions.csv", whole.to_csv(index=False))
    found |= {"kept_epoch": fitting.kept_epoch(history, experiment.fit), "rivals": compared}
    write_text(
        run.path / "report.html",
        run_page(experiment, run, stamp, history, found, table, given.labels),
    )
    return found


def _write_tags(
    model: keras.Model,
    experiment: Experiment,
    splits: Splits,
    run: Run,
    stamp: provenance.Stamp,
    history: list[dict[str, float]],
) -> dict[str, Any]:
    test, tags = splits.test, experiment.data.labels
    predicted = predict(model, test)
    found = tag_scores.measure(test.ids, test.targets, predicted, tags)
    found["kept_epoch"] = fitting.kept_epoch(history, experiment.fit)
    table = tag_scores.predictions(test.ids, test.targets, predicted, tags)
    write_text(run.path / "predictions.csv", table.to_csv(index=False))
    page = render(
        "tags.html",
        scores=found,
        titles=tag_scores.TITLES,
        unit="clips",
        intervals=f"means over tags {found['mean_roc_auc']['interval']}; first tag {found['accuracy']['interval']}; "
        f"log-loss {found['log_loss']['interval']}; single tags bootstrap 95 %, {tag_scores.RESAMPLES} resamples",
        ranked=tag_report.ranked(found),
        chart=tag_report.chart(found),
        **_told_of_every_run(experiment, run, stamp, history, found),
    )
    write_text(run.path / "report.html", page)
    return found


def run_page(
    experiment: Experiment,
    run: Run,
    stamp: provenance.Stamp,
    history: list[dict[str, float]],
    found: dict[str, Any],
    table: pd.DataFrame,
    labels: tuple[str, ...],
) -> str:
    """report.html. `found` is what scores.json holds but the stamp, `table` what predictions.csv holds."""
    return render(
        "run.html",
        scores=found,
        accuracy=scores.Score(**found["accuracy"]),
        intervals=f"{found['accuracy']['interval']}; others {found['macro_f1']['interval']}",
        unit="windows" if (run.path / "clip_predictions.csv").is_file() else "clips",
        labels=labels,
        mistakes=worst_mistakes(table, labels),
        binary=binary_report.figures(found) if "majority" in found else None,
        titles=binary_scores.TITLES,
        tags=binary_report.tags(found) if "tags" in found else None,
        rivals=[{**row, "accuracy": scores.Score(**row["accuracy"])} for row in found["rivals"]],
        **_told_of_every_run(experiment, run, stamp, history, found),
    )


def _told_of_every_run(
    experiment: Experiment,
    run: Run,
    stamp: provenance.Stamp,
    history: list[dict[str, float]],
    found: dict[str, Any],
) -> dict[str, Any]:
    return {
        "name": run.name,
        "stamp": stamp,
        "splits": run.read("splits.json"),
        "curves": curves(history, found["kept_epoch"]),
        "kept": found["kept_epoch"],
        "keep": experiment.fit.keep.replace("_", " "),
        "epochs": len(history),
        "experiment": fields.table(experiment),
        "environment": run.read("environment.json"),
    }


def predict(model: keras.Model, examples: Examples) -> np.ndarray:
    """(examples, labels) scores."""
    with pipeline.reading():
        return behind(model, examples).predict(pipeline.batches(examples, 512), verbose=0)


def worst_mistakes(table: pd.DataFrame, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """The wrong predictions that the model was surest of."""
    wrong = table[table.truth != table.prediction]
    each = wrong[list(labels)].to_numpy()
    sure = each.max(1, initial=0)
    order = np.argsort(-sure, kind="stable")[:WORST]
    numbers = [labels.index(truth) for truth in wrong.truth]
    return [
        {
            "id": wrong.id.iloc[row],
            "truth": wrong.truth.iloc[row],
            "prediction": wrong.prediction.iloc[row],
            "sure": float(sure[row]),
            "truth_score": float(each[row, numbers[row]]),
        }
        for row in order
    ]


def curves(history: list[dict[str, float]], kept: int) -> str:
    """Loss and accuracy, or of tags AUC, of training and validation over the epochs, as SVG."""
    figure = Figure(figsize=(9, 3.1), layout="constrained")
    epochs = [row["epoch"] for row in history]
    measured = "auc" if "auc" in history[0] else "accuracy"
    for axes, metric in zip(figure.subplots(1, 2), ("loss", measured), strict=True):
        axes.plot(
            epochs, [row[metric] for row in history], color=TRAIN, label="training (dropout on)"
        )
        axes.plot(
            epochs, [row[f"val_{metric}"] for row in history], color=VALID, label="validation"
        )
        axes.axvline(kept, color=MUTED, linewidth=1, linestyle=":", label=f"kept: epoch {kept}")
        axes.set_title(metric, loc="left", fontsize=11, color=INK)
        axes.set_xlabel("epoch", color=MUTED)
        tidy(axes)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return svg(figure)


def render(template: str, **values: Any) -> str:
    """One self-contained page; every value is escaped but SVG of our own."""
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("kerasaudio.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return pages.get_template(template).render(**values)
