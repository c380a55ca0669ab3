"""Scores a run's model again, and tunes classical methods on the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, SingleLabel, Splits
from kerasaudio.reports import baselines_page
from kerasaudio.runs.folder import Run
from kerasaudio.runs.results import rows
from kerasaudio.scoring import baselines
from kerasaudio.scoring.baselines import Compared
from kerasaudio.scoring.provenance import Provenance, provenance
from kerasaudio.scoring.scores import Scores
from kerasaudio.scoring.tasks import scoring
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
    """

    run: Run
    splits: Splits
    examples: Examples
    probabilities: np.ndarray
    scores: Scores
    provenance: Provenance


def evaluate(
    run: Run,
    split: str = "test",
    file: str | None = None,
    data: Path | None = None,
    cache: Cache | None = None,
) -> Evaluation:
    """Scores a run's model on one of its splits.

    Args:
        run: A finished run.
        split: "train", "valid" or "test".
        file: The run's experiment file, where that defines classes of its own.
        data: The data root; `None` takes the one that the run was trained with.
        cache: Cache of what the front end precomputes, or `None`.

    Raises:
        UserError: If the data has changed, or the model is damaged.
    """
    experiment = run.experiment(file)
    root = data or run.data_root()
    splits = run.load_splits(experiment, root, cache)
    examples = dict(splits)[split]
    probabilities = predict(load_model(run.best_model), examples)
    answers = scoring(experiment.data.task, experiment.data.labels)
    return Evaluation(
        run,
        splits,
        examples,
        probabilities,
        answers.score(examples, probabilities, run.scores.threshold),
        provenance(experiment, splits, split, root),
    )


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
        folds=baselines.FOLDS,
    )
    write_text(run.path / "baselines.html", page)
