"""The sections of a run's page. A new section is a function here and a line in `SECTIONS`.

A section is there because its value is there, whatever the task.
"""

from __future__ import annotations

from collections.abc import Callable

from kerasaudio.reports import figures
from kerasaudio.reports.gate_section import gate_sections
from kerasaudio.reports.label_sections import (
    all_labels,
    always_the_same,
    label_chart,
    label_thresholds,
    labels,
    precision_and_recall,
    thresholds,
)
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
from kerasaudio.reports.run import Parts, Run
from kerasaudio.reports.score_blocks import (
    between,
    confusion,
    example_table,
    explanations,
    found_by,
    hero,
    lead,
    measured_on,
    number,
)


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


def _network(run: Run) -> Parts:
    rows: list[list[Content]] = [
        [Cell(name, "code"), kind, shape, f"{weights:,}"]
        for name, kind, shape, weights in run.layers
    ]
    head = ["layer", "kind", "output", "weights"]
    return [Section("The network", [Table(head, rows, numeric=(3,))])]


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
    label_chart,
    labels,
    always_the_same,
    thresholds,
    label_thresholds,
    precision_and_recall,
    all_labels,
    _extremes,
    classical,
    _mistakes,
    _network,
    _facts,
    _made_with,
]
