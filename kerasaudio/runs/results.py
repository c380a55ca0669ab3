"""What a finished run leaves: scores.json, predictions and report.html."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from kerasaudio.data.files import write_text
from kerasaudio.data.tables.csv_text import csv_text
from kerasaudio.experiment import DataSet, Examples, Experiment, Frames, Splits, serialization
from kerasaudio.reports import run as run_values
from kerasaudio.reports import run_page, run_sections
from kerasaudio.reports.gate_section import Gated
from kerasaudio.reports.mistakes import worst_mistakes
from kerasaudio.runs.folder import Run
from kerasaudio.runs.gate_heard import gated_mixtures
from kerasaudio.runs.gate_scores import gate_scores
from kerasaudio.runs.heard import heard
from kerasaudio.scoring.baselines import Rows, quick_accuracies
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import provenance
from kerasaudio.scoring.scores import Scores, Threshold
from kerasaudio.scoring.tasks import scoring
from kerasaudio.scoring.thresholds import label_thresholds
from kerasaudio.training import pipeline
from kerasaudio.training.batch_losses import read_batch_losses
from kerasaudio.training.history import Row, kept_epoch
from kerasaudio.training.inference import predict


def write_results(
    run: Run,
    model: keras.Model,
    experiment: Experiment,
    splits: Splits,
    root: Path,
    history: Sequence[Row],
) -> None:
    """Scores the test split, writes what was found, and prints the scores.

    Args:
        run: The run.
        model: The whole model, with the weights to keep.
        experiment: The run's experiment.
        splits: Its splits.
        root: The data root.
        history: The history of the fit.
    """
    scores, tables, mixtures = _scored(model, experiment, splits)
    for name, table in tables.items():
        write_text(run.path / name, csv_text(table))
    predictions = tables["predictions.csv"]
    mistakes = worst_mistakes(predictions)
    metrics = scoring(experiment.data.task, experiment.data.labels).metrics
    found = run_values.Run(
        name=run.name,
        provenance=provenance(experiment, splits, "test", root),
        splits=run.read("splits.json"),
        history=history,
        batch_losses=read_batch_losses(run.path),
        kept_epoch=kept_epoch(history, experiment.fit.keep, metrics),
        keep=experiment.fit.keep,
        scores=scores,
        mistakes=mistakes,
        baselines=[],
        experiment=serialization.table(experiment),
        environment=run.read("environment.json"),
        predictions=predictions,
        heard=heard(model, experiment, splits.test, [each.id for each in mistakes]),
        layers=_layers(model),
        mixtures=mixtures,
    )
    drawn = run_page.draw(found)
    tabular = bool(experiment.data.columns)
    _write(run, found, drawn, whole=not tabular)  # usable, whatever happens to the baselines
    for warning in found.provenance.warnings():
        print(f"WARNING   {warning}")
    for line in scores.lines():
        print(f"test      {line}", flush=True)
    if tabular:
        found = replace(found, baselines=_baselines(experiment, splits))
        _write(run, found, drawn | run_page.draw(found, [run_sections.classical]))
    for each, score in found.baselines:
        print(f"baseline  {each}: accuracy {score}")
    print(f"report    {run.path / 'report.html'}")


def _scored(
    model: keras.Model, experiment: Experiment, splits: Splits
) -> tuple[Scores, dict[str, pd.DataFrame], Sequence[Gated]]:
    """Scores of the test split, its tables of predictions, and what a gate does to its mixtures."""
    data = experiment.data
    answers, probabilities = scoring(data.task, data.labels), predict(model, splits.test)
    threshold, by_label = _thresholds(model, experiment, splits)
    scores = answers.score(splits.test, probabilities, threshold)
    scores = replace(scores, thresholds=by_label)
    tables = answers.tables(splits.test, probabilities, threshold)
    if not isinstance(data.task, Frames):
        return scores, tables, ()
    gates = gate_scores(data.task, splits, predict(model, splits.valid), probabilities)
    if gates is None:
        return scores, tables, ()
    mixtures = gated_mixtures(gates, splits.test, probabilities)
    return replace(scores, gates=gates.figures), tables, mixtures


def _layers(model: keras.Model) -> list[tuple[str, str, str, int]]:
    """Name, kind, output shape and number of weights of each layer.

    Keras numbers names on from one model of a process to the next; here each model begins anew, so
    that a run has the same page whatever the process has trained before.
    """
    stems = [re.sub(r"_\d+$", "", layer.name) for layer in model.layers]
    earlier = [stems[:place].count(stem) for place, stem in enumerate(stems)]
    return [
        (
            f"{stem}_{count}" if count else stem,
            type(layer).__name__,
            " x ".join("any" if size is None else str(size) for size in layer.output.shape[1:]),
            layer.count_params(),
        )
        for layer, stem, count in zip(model.layers, stems, earlier, strict=True)
    ]


def _write(run: Run, found: run_values.Run, drawn: run_page.Drawn, whole: bool = True) -> None:
    """Writes the page, and scores.json, whose baselines are null as long as they are not known."""
    write_text(run.path / "report.html", run_page.page(found, drawn))
    warnings = found.provenance.warnings()
    baselines = [{"model": each, "accuracy": asdict(score)} for each, score in found.baselines]
    run.write(
        "scores.json",
        {
            "provenance": asdict(found.provenance),
            **({"warnings": warnings} if warnings else {}),
            **found.scores.to_json(),
            "kept_epoch": found.kept_epoch,
            "baselines": baselines if whole else None,
        },
    )


def _thresholds(
    model: keras.Model, experiment: Experiment, splits: Splits
) -> tuple[Threshold | None, dict[str, dict[str, Any]] | None]:
    """The threshold of a yes that the fit asks for and that of each label, by validation."""
    goal, data = experiment.fit.threshold, experiment.data
    if goal == "half":
        return None, None
    y_true, probabilities = splits.valid.targets, predict(model, splits.valid)
    hours = data.new_seconds and sound_seconds(data, splits.valid) / 3600
    threshold = scoring(data.task, data.labels).choose_threshold(y_true, probabilities, goal, hours)
    each = label_thresholds(data.labels, y_true, probabilities, goal, hours)
    return threshold, {label: asdict(found) for label, found in each.items()}


def sound_seconds(data: DataSet, examples: Examples) -> float:
    """Returns the seconds of sound in windows, of which those that overlap count once.

    Args:
        data: The data set.
        examples: Some of its windows.
    """
    assert data.seconds is not None and data.new_seconds is not None
    clips = len(set(examples.clips or ()))
    return data.new_seconds * (len(examples) - clips) + data.seconds * clips


def _baselines(experiment: Experiment, splits: Splits) -> list[tuple[str, Score]]:
    """Accuracies of quick classical methods on the rows of a table."""
    train, test = rows(splits.train), rows(splits.test)
    return quick_accuracies(train, test, experiment.fit.seed)


def rows(examples: Examples) -> Rows:
    """Returns the rows of a table that the examples are, with their label numbers."""
    batch = next(pipeline.batches(examples, len(examples)).as_numpy_iterator())
    return Rows(batch[0], examples.targets, examples.clips)
