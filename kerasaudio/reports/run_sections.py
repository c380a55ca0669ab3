"""The sections of a run's page. A new section is a function here and a line in `SECTIONS`.

A section is there because its value is there, whatever the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kerasaudio.reports import figures
from kerasaudio.reports.gate_section import Gated, gate_sections
from kerasaudio.reports.heard import Heard
from kerasaudio.reports.label_curves import label_curves
from kerasaudio.reports.mistakes import Mistake
from kerasaudio.reports.page import (
    Block,
    Cell,
    Columns,
    Content,
    Facts,
    Note,
    Picture,
    Player,
    Players,
    Section,
    Table,
)
from kerasaudio.reports.score_blocks import (
    between,
    confusion,
    example_table,
    explanations,
    found_by,
    hero,
    label_table,
    lead,
    measured_on,
    number,
    ranked,
    same_answer,
    short_label_table,
    threshold_table,
)
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Scores

ENDS = 10  # labels that are shown at either end
Parts = list[Section | Columns]


@dataclass(frozen=True)
class Run:
    """What a run's page is made of.

    Args:
        name: Name of the experiment.
        provenance: What the scores were measured on.
        splits: What `splits.json` has.
        history: Metrics of each epoch by name.
        batch_losses: Training loss within epochs. Empty for short epochs.
        kept_epoch: Epoch whose weights were kept.
        keep: Rule by which that epoch was chosen.
        scores: Scores of the test split.
        mistakes: The worst mistakes. Empty where there are none.
        baselines: Accuracy of classical methods by name. Empty where they do not apply.
        experiment: Fields of the experiment as text, by their path.
        environment: Versions and other facts, by name.
        predictions: What predictions.csv has.
        heard: Sound of some examples, by their ids. Empty where examples are no sound.
        layers: Name, kind, output shape and number of weights of each layer.
        mixtures: Mixtures before and after a gate. Empty where the run is no gate.
    """

    name: str
    provenance: Provenance
    splits: Mapping[str, Any]
    history: Sequence[Mapping[str, float]]
    batch_losses: Sequence[Mapping[str, float]]
    kept_epoch: int
    keep: str
    scores: Scores
    mistakes: Sequence[Mistake]
    baselines: Sequence[tuple[str, Score]]
    experiment: Mapping[str, str]
    environment: Mapping[str, Any]
    predictions: pd.DataFrame
    heard: Mapping[str, Heard]
    layers: Sequence[tuple[str, str, str, int]]
    mixtures: Sequence[Gated] = ()


def _summary(run: Run) -> Parts:
    return [Section("", [hero(run.scores, lead(run.scores)), explanations(run.scores)])]


def _gates(run: Run) -> Parts:
    return gate_sections(run.scores.gates, run.mixtures) if run.scores.gates else []


def _clips(run: Run) -> Parts:
    if run.scores.clips is None:
        return []
    note = Note("A clip's probabilities are the means of those of its test windows.")
    return [
        Section(
            "Whole clips",
            [hero(run.scores.clips, lead(run.scores.clips)), confusion(run.scores.clips), note],
        )
    ]


def _training(run: Run) -> Parts:
    if not run.history:
        return []
    pictures = [Picture(figures.curves(run.history, run.kept_epoch))]
    if len(run.batch_losses) > 1:
        pictures.append(Picture(figures.batch_losses(run.batch_losses)))
    return [Section("Training", pictures)]


def _labels(run: Run) -> Parts:
    rows = ranked(run.scores)
    if not rows:
        return []
    table = Section("By label", [label_table(rows, run.scores.n)])
    if run.scores.confusion is None:
        return [table]
    title = f"Confusion of {run.scores.unit}" if run.scores.clips else "Confusion"
    note = Note("Rows: truth. Columns: prediction. Shade: share of the row.")
    return [Columns([Section(title, [confusion(run.scores), note]), table])]


def _label_chart(run: Run) -> Parts:
    rows = ranked(run.scores)
    if not rows or "roc_auc_interval" not in rows[0][1]:
        return []
    note = Note(f"Lines: 95 % intervals of resampled {run.scores.unit}.")
    title = "Labels, from the highest ROC-AUC down"
    return [Section(title, [Picture(figures.label_chart(rows)), note])]


def _always_the_same(run: Run) -> Parts:
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


def _label_thresholds(run: Run) -> Parts:
    thresholds = run.scores.thresholds
    if not thresholds:
        return []
    chosen = next(iter(thresholds.values()))["chosen"]
    note = Note(f"Chosen for each label alone: {chosen}, where the other figures are from, too.")
    return [Section("The threshold of each label", [threshold_table(thresholds), note])]


def _label_curves(run: Run) -> Parts:
    if run.scores.confusion is None:
        return []
    thresholds = run.scores.thresholds or {}
    drawn = label_curves(run.predictions, list(run.scores.labels), thresholds)
    if not drawn:
        return []
    dot = " The dot is the chosen threshold." if thresholds else ""
    note = Note(f"Each label against all others; behind its name the average precision.{dot}")
    return [Section("Precision and recall of each label", [Picture(drawn), note])]


def _network(run: Run) -> Parts:
    rows: list[list[Content]] = [
        [Cell(name, "code"), kind, shape, f"{weights:,}"]
        for name, kind, shape, weights in run.layers
    ]
    head = ["layer", "kind", "output", "weights"]
    return [Section("The network", [Table(head, rows, numeric=(3,))])]


def _thresholds(run: Run) -> Parts:
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


def _all_labels(run: Run) -> Parts:
    scores = run.scores.all_labels
    if scores is None:
        return []
    rows = sorted(scores.labels.items(), key=lambda row: -row[1]["average_precision"])
    best, worst = short_label_table(rows[:ENDS]), short_label_table(rows[-ENDS:])
    return [
        Section("All labels", [hero(scores, baselines="by chance"), explanations(scores)]),
        Columns([Section("Highest average precision", [best]), Section("Lowest", [worst])]),
    ]


def _extremes(run: Run) -> Parts:
    unit = run.scores.unit.capitalize()
    ends = (
        (f"{unit} with the lowest log-loss", run.scores.best),
        (f"{unit} with the highest log-loss", run.scores.worst),
    )
    return [Section(title, [example_table(rows, run.scores.unit)]) for title, rows in ends if rows]


def classical(run: Run) -> Parts:
    """Draws classical methods beside the run; nothing where there are none."""
    if not run.baselines:
        return []
    named = [(run.name, run.scores.metrics["accuracy"].score), *run.baselines]
    rows = [[name, number(score.value), between(score)] for name, score in named]
    table = Table(["model", "accuracy", "95 % interval"], rows, numeric=(1, 2), highlighted=True)
    drawn = any(" rows" in name for name, _ in run.baselines)
    some = ", or to as many of them as the name says" if drawn else ""
    note = Note(
        f"scikit-learn at its defaults, fitted to the same {run.splits['n']['train']} standardized "
        f"training rows{some}, scored on the same {run.provenance.n} test rows."
    )
    return [Section("Beside classical methods", [table, note])]


def _mistakes(run: Run) -> Parts:
    if run.scores.confusion is None:
        return []
    if not run.mistakes:
        note = Note(f"None: all of the test {run.scores.unit} were recognised.")
        return [Section("The worst mistakes", [note])]
    head = [run.scores.unit[:-1], "truth", "taken for", "probability", "probability of the truth"]
    rows: list[list[Content]] = [
        [
            Cell(each.id, "code"),
            each.y_true,
            each.y_pred,
            f"{100 * each.probability:.1f} %",
            f"{100 * each.true_probability:.1f} %",
        ]
        for each in run.mistakes
    ]
    blocks: list[Block] = [Table(head, rows, numeric=(3, 4))]
    players = [
        Player(f"{each.y_true}, not {each.y_pred}: {each.id}", sound.flac, sound.picture())
        for each in run.mistakes
        if (sound := run.heard.get(each.id))
    ]
    if players:
        text = "Coloured: where a small change moves the network's answer most."
        blocks += [Players(players), Note(text)]
    return [Section("The worst mistakes", blocks)]


def _facts(run: Run) -> Parts:
    facts = measured_on(run.provenance, run.splits, run.scores.unit)
    found = Facts([*facts.rows, ("intervals", found_by(run.scores))])
    experiment = Facts(list(run.experiment.items()))
    return [
        Columns([Section("What was measured", [found]), Section("The experiment", [experiment])])
    ]


def _made_with(run: Run) -> Parts:
    text = " · ".join(f"{name} {value}" for name, value in run.environment.items())
    return [Section("Made with", [Note(text)])]


SectionOf = Callable[[Run], Parts]

SECTIONS: list[SectionOf] = [
    _summary,
    _gates,
    _clips,
    _training,
    _label_chart,
    _labels,
    _always_the_same,
    _thresholds,
    _label_thresholds,
    _label_curves,
    _all_labels,
    _extremes,
    classical,
    _mistakes,
    _network,
    _facts,
    _made_with,
]
