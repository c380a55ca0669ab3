"""Scores a run's model again, and tunes classical methods on the same rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, SingleLabel, Splits
from kerasaudio.experiment.examples import SPLITS
from kerasaudio.experiment.overrides import override
from kerasaudio.reports import baselines_page
from kerasaudio.reports.tree_figure import tree_figure
from kerasaudio.runs.folder import Run
from kerasaudio.runs.results import rows
from kerasaudio.scoring import baselines
from kerasaudio.scoring.baselines import Compared, Rows
from kerasaudio.scoring.decision_tree import TREE, readable_tree
from kerasaudio.scoring.provenance import Provenance, provenance
from kerasaudio.scoring.scores import Scores
from kerasaudio.scoring.tasks import scoring
from kerasaudio.training.assemble import assemble
from kerasaudio.training.cache import Cache
from kerasaudio.training.checkpoint import load_model
from kerasaudio.training.inference import predict


@dataclass(frozen=True)
class Evaluation:
    """A run's model, scored on one of its splits.

    Args:
        run: The run.
        splits: The run's splits.
        examples: The split that was scored.
        probabilities: The model's output, of shape `(examples, labels)`.
        scores: The scores.
        provenance: What they were measured on.
        overrides: Fields of the experiment that were changed for it, such as "model.tokens=none".
        columns: Names of the features, where the examples are rows of a table.
    """

    run: Run
    splits: Splits
    examples: Examples
    probabilities: np.ndarray
    scores: Scores
    provenance: Provenance
    overrides: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None


def evaluate(
    run: Run,
    split: str = "test",
    file: str | None = None,
    data: Path | None = None,
    cache: Cache | None = None,
    overrides: Sequence[str] = (),
) -> Evaluation:
    """Scores a run's model on one of its splits.

    Args:
        run: A finished run.
        split: "train", "valid" or "test".
        file: The run's experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that the run was trained with.
        cache: Cache of what the front end precomputes, or `None`.
        overrides: Changes of the model or the front end, such as "model.tokens=none". The changed
            network gets the run's weights.

    Raises:
        UserError: If there is no such split, the data has changed, the model is damaged, or its
            weights do not fit the changed network.
    """
    if split not in SPLITS:
        raise UserError(f"split is {split!r}: expected one of {', '.join(SPLITS)}.")
    experiment = _changed(run.experiment(file), overrides)
    root = data or run.data_root()
    splits = run.load_splits(experiment, root, cache)
    examples = dict(splits)[split]
    model = load_model(run.best_model)
    if overrides:
        model = _with_weights(assemble(experiment, splits.train), model, overrides)
    probabilities = predict(model, examples)
    answers = scoring(experiment.data.task, experiment.data.labels)
    return Evaluation(
        run,
        splits,
        examples,
        probabilities,
        answers.score(examples, probabilities, run.scores.threshold),
        provenance(experiment, splits, split, root),
        tuple(overrides),
        experiment.data.columns,
    )


def _changed(experiment: Experiment, overrides: Sequence[str]) -> Experiment:
    for text in overrides:
        if re.split(r"[.=]", text.strip())[0] not in ("model", "frontend"):
            raise UserError(
                f"--set {text}: evaluate can change fields of model and frontend; for others, "
                "train again."
            )
    return override(experiment, *overrides)


def _with_weights(
    model: keras.Model, trained: keras.Model, overrides: Sequence[str]
) -> keras.Model:
    """The model with the weights of another, whose layers must have the same shapes."""
    shapes = [[tuple(weight.shape) for weight in each.weights] for each in (trained, model)]
    if shapes[0] != shapes[1]:
        count, needed = (sum(map(math.prod, each)) for each in shapes)
        raise UserError(
            f"The run's {count:,} weights do not fit the network with {', '.join(overrides)}, "
            f"which has {needed:,} of other shapes: train it."
        )
    model.set_weights(trained.get_weights())
    return model


def check_baselines(run: Run, file: str | None = None) -> None:
    """Checks that classical methods can be compared with a run.

    Raises:
        UserError: If the run is not one of a table whose rows have one label each.
    """
    data = run.experiment(file).data
    if not data.columns or data.task != SingleLabel():
        raise UserError(
            f"{run.path} has no baselines: expected a run of a table in which a row has one label."
        )


def compare_baselines(evaluation: Evaluation) -> Iterator[Compared]:
    """Tunes the classical methods one after the other and yields each beside the run.

    At the end, baselines.json and baselines.html are written into the run's folder.

    Args:
        evaluation: The run's model, scored.

    Raises:
        UserError: If a label has too few training rows.
    """
    found = []
    train, test = rows(evaluation.splits.train), rows(evaluation.examples)
    y_pred, seed = evaluation.probabilities.argmax(axis=1), evaluation.provenance.seed
    for name in baselines.BASELINES:
        found.append(baselines.compare(name, train, test, y_pred, seed))
        yield found[-1]
    run, scores = evaluation.run, evaluation.scores
    run.write(
        "baselines.json",
        {
            "provenance": asdict(evaluation.provenance),
            "warnings": evaluation.provenance.warnings(),
            "accuracy": asdict(scores.metrics["accuracy"].score),
            "baselines": [asdict(row) for row in found],
        },
    )
    page = baselines_page.page(
        name=run.name,
        provenance=evaluation.provenance,
        scores=scores,
        rows=[vars(row) for row in found],
        train_rows=len(evaluation.splits.train),
        fitted_rows=min(len(evaluation.splits.train), baselines.MOST_ROWS),
        folds=baselines.FOLDS,
        tree=_drawn_tree(evaluation, train, found),
    )
    write_text(run.path / "baselines.html", page)


def _drawn_tree(evaluation: Evaluation, train: Rows, found: Sequence[Compared]) -> str:
    """The decision tree with the settings that it was compared with, as a figure."""
    settings = next((row.settings for row in found if row.model == TREE), None)
    if settings is None:
        return ""
    tree = readable_tree(train, settings, evaluation.provenance.seed)
    return tree_figure(tree, evaluation.columns or (), list(evaluation.provenance.prevalence))
