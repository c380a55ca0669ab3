"""What `evaluate` prints: scores, the figures of each label, and classical methods beside a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kerasaudio.errors import UserError
from kerasaudio.reports.baselines_page import rows_of
from kerasaudio.runs.evaluate import Evaluation, check_baselines, compare_baselines, evaluate
from kerasaudio.runs.folder import open_run
from kerasaudio.scoring.baselines import FOLDS, MOST_ROWS
from kerasaudio.scoring.scores import Scores
from kerasaudio.training.cache import Cache


def evaluated_lines(
    path: Path,
    baselines: bool,
    split: str = "test",
    file: str | None = None,
    data: Path | None = None,
    cache: Cache | None = None,
    overrides: Sequence[str] = (),
) -> Iterator[str]:
    """Scores a run again and yields what there is to print, as soon as it is known.

    Args:
        path: The run's folder.
        baselines: Whether classical methods are tuned on the same rows, too.
        split: "train", "valid" or "test".
        file: The run's experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that the run was trained with.
        cache: Cache of what the front end precomputes, or `None`.
        overrides: Changes of the model or the front end, such as "model.tokens=none".

    Raises:
        UserError: If there is no such run, its data has changed, or it has no baselines.
    """
    run = open_run(path)
    if baselines:
        if overrides:
            raise UserError("--baselines stand beside the run as it is: leave out --set.")
        check_baselines(run, file)
    evaluation = evaluate(run, split, file, data, cache, overrides)
    yield from evaluation_lines(evaluation)
    if baselines:
        yield from baseline_lines(evaluation)


def evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    """Yields the lines about a run's scores."""
    run, scores = evaluation.run, evaluation.scores
    yield f"run       {run.path} ({run.name})"
    if evaluation.overrides:
        yield f"changed   {', '.join(evaluation.overrides)}, with the weights of the run"
    yield f"protocol  {evaluation.provenance}"
    for line in scores.lines():
        yield f"{evaluation.provenance.split:9} {line}"
    yield ""
    yield from label_lines(scores)
    if scores.left_out:
        yield f"left out, for no clip has them or all have: {', '.join(scores.left_out)}"


def label_lines(scores: Scores) -> Iterator[str]:
    """Yields a line for each label, with intervals; nothing for frames, whose label has none."""
    if not scores.labels:
        return
    figures = next(iter(scores.labels.values()))
    columns = [name for name in figures if not name.endswith("_interval")]
    width = max(12, *map(len, scores.labels))
    wide = {name: 22 if f"{name}_interval" in figures else 9 for name in columns}
    titles = (f"{name.replace('_', ' '):>{wide[name]}}" for name in columns)
    yield f"{'label':{width}} {' '.join(titles)}"
    for label, row in scores.labels.items():
        cells = (f"{_cell(row, name):>{wide[name]}}" for name in columns)
        yield f"{label:{width}} {' '.join(cells)}"


def _cell(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if isinstance(value, int):
        return str(value)
    interval = row.get(f"{name}_interval")
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else f"{value:.3f}"


def baseline_lines(evaluation: Evaluation) -> Iterator[str]:
    """Yields a line for each classical method as soon as it is tuned, below the run's own.

    "Alone right" counts the examples that one of the two had right and the other had not:
    McNemar's test looks at those.
    """
    run, metrics = evaluation.run, evaluation.scores.metrics
    yield ""
    yield (
        f"{'model':22}{'accuracy':22}{'macro-F1':22}{'it alone right':>15}"
        f"{'run alone right':>16}{'McNemar p':>11}{'s':>7}"
    )
    yield f"{run.name:22}{metrics['accuracy'].score!s:22}{metrics['macro_f1'].score!s:22}"
    for row in compare_baselines(evaluation):
        settings = ", ".join(f"{setting} {value}" for setting, value in row.settings.items())
        yield (
            f"{row.model:22}{row.accuracy!s:22}{row.macro_f1!s:22}"
            f"{row.mcnemar['only_baseline']:15}{row.mcnemar['only_model']:16}"
            f"{row.mcnemar['p']:11.2g}{row.seconds:7.1f}  {settings}"
        )
    rows = len(evaluation.splits.train)
    yield (
        f"fitted on {rows_of(min(rows, MOST_ROWS), rows)}; "
        f"settings by {FOLDS}-fold cross-validation there"
    )
    yield f"report    {run.path / 'baselines.html'}"
