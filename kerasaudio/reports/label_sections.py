"""The sections of a run's page about its labels, and the thresholds from which on they are told."""

from __future__ import annotations

from kerasaudio.reports import figures
from kerasaudio.reports.label_curves import label_curves
from kerasaudio.reports.page import Block, Columns, Note, Picture, Section, Table
from kerasaudio.reports.run import Parts, Run
from kerasaudio.reports.score_blocks import (
    between,
    confusion,
    explanations,
    hero,
    label_table,
    number,
    ranked,
    same_answer,
    short_label_table,
    threshold_table,
)
from kerasaudio.scoring.scores import Scores

ENDS = 10  # labels that are shown at either end


def labels(run: Run) -> Parts:
    """Tells the scores of each label and, where each example has one, which labels are confused."""
    rows = ranked(run.scores)
    if not rows:
        return []
    table = Section("By label", [label_table(rows, run.scores.n)])
    if run.scores.confusion is None:
        return [table]
    title = f"Confusion of {run.scores.unit}" if run.scores.clips else "Confusion"
    note = Note("Rows: truth. Columns: prediction. Shade: share of the row.")
    return [Columns([Section(title, [confusion(run.scores), note]), table])]


def label_chart(run: Run) -> Parts:
    """Draws the ROC-AUC of each label, for tags."""
    rows = ranked(run.scores)
    if not rows or "roc_auc_interval" not in rows[0][1]:
        return []
    note = Note(f"Lines: 95 % intervals of resampled {run.scores.unit}.")
    title = "Labels, from the highest ROC-AUC down"
    return [Section(title, [Picture(figures.label_chart(rows)), note])]


def always_the_same(run: Run) -> Parts:
    """Sets the scores beside those of always giving the same answer."""
    metrics = run.scores.metrics.values()
    if all(measured.baseline is None for measured in metrics):
        return []
    rows = [
        [each.title, number(each.score.value), between(each.score), number(each.baseline)]
        for each in metrics
    ]
    head = ["metric", run.name, "95 % interval", same_answer(run.scores)]
    blocks: list[Block] = [Table(head, rows, numeric=(1, 2, 3)), *_threshold(run.scores)]
    return [Section("Beside always answering the same", blocks)]


def _threshold(scores: Scores) -> list[Note]:
    if scores.threshold is None:
        return []
    positive, share = _positive(scores)
    text = (
        f"F1 and AP are of “{positive}”, which {100 * share:.1f} % of the {scores.unit} have. "
        f"The answer is “{positive}” from a probability of {scores.threshold.value:.3f} on "
        f"({scores.threshold.chosen})."
    )
    return [Note(text)]


def _positive(scores: Scores) -> tuple[str, float]:
    """The second of two labels and its share of the examples."""
    label = list(scores.labels)[1]
    return label, scores.labels[label]["n"] / scores.n


def label_thresholds(run: Run) -> Parts:
    """Tells the threshold of each label that validation chose."""
    thresholds = run.scores.thresholds
    if not thresholds:
        return []
    chosen = next(iter(thresholds.values()))["chosen"]
    note = Note(f"Chosen for each label alone: {chosen}, where the other figures are from, too.")
    return [Section("The threshold of each label", [threshold_table(thresholds), note])]


def precision_and_recall(run: Run) -> Parts:
    """Draws precision and recall of each label, where each example has one."""
    if run.scores.confusion is None:
        return []
    thresholds = run.scores.thresholds or {}
    drawn = label_curves(run.predictions, list(run.scores.labels), thresholds)
    if not drawn:
        return []
    dot = " The dot is the chosen threshold." if thresholds else ""
    note = Note(f"Each label against all others; behind its name the average precision.{dot}")
    return [Section("Precision and recall of each label", [Picture(drawn), note])]


def thresholds(run: Run) -> Parts:
    """Draws all thresholds of a yes-or-no question, and how far probabilities can be trusted."""
    scores = run.scores
    if scores.curves is None or scores.calibration is None:
        return []
    areas = {name: measured.score.value for name, measured in scores.metrics.items()}
    _, share = _positive(scores)
    drawn = figures.threshold_curves(scores.curves, scores.calibration, share, areas)
    note = Note(
        "Dotted: a model that knows nothing; in the calibration, one whose probabilities are right."
    )
    return [Section("Over all thresholds", [Picture(drawn), note])]


def all_labels(run: Run) -> Parts:
    """Tells the scores of all labels of a model that is asked about one of them."""
    scores = run.scores.all_labels
    if scores is None:
        return []
    rows = sorted(scores.labels.items(), key=lambda row: -row[1]["average_precision"])
    best, worst = short_label_table(rows[:ENDS]), short_label_table(rows[-ENDS:])
    return [
        Section("All labels", [hero(scores, baselines="by chance"), explanations(scores)]),
        Columns([Section("Highest average precision", [best]), Section("Lowest", [worst])]),
    ]
