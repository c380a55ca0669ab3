"""One experiment on every fold of its data: each recording is tested once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasaudio.data.files import write_json, write_text
from kerasaudio.data.tables.csv_text import csv_text, safe_cell
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, with_facts, with_seed
from kerasaudio.experiment.overrides import override
from kerasaudio.runs.folder import Run
from kerasaudio.runs.seeds import metric_values, print_spread, spread
from kerasaudio.scoring.scores import Scores, Threshold
from kerasaudio.scoring.suspects import suspects
from kerasaudio.scoring.tasks import scoring


def under(experiment: Experiment, folds: int, seeds: Sequence[int] | None) -> dict[str, Experiment]:
    """Returns the experiment with each fold as its test split, by the name of the run's folder.

    Args:
        experiment: The experiment.
        folds: Number of folds.
        seeds: Seeds of the fit and of the draw of folds; `None` keeps the experiment's.

    Raises:
        UserError: If the data set has no folds, or fewer than two are asked for.
    """
    each = {"": experiment}
    if seeds is not None:
        each = {f"seed-{seed}-": with_seed(experiment, seed) for seed in seeds}
    try:
        return {
            f"{name}fold-{fold + 1}": override(value, f"data.folds={folds}", f"data.fold={fold}")
            for name, value in each.items()
            for fold in range(folds)
        }
    except UserError as error:
        raise UserError(
            f"--folds {folds} needs two or more, of data with folds: {error}"
        ) from error


def check_different(members: Sequence[Experiment], root: Path) -> None:
    """Checks that folds test different recordings.

    Args:
        members: The experiments of the folds.
        root: The data root.

    Raises:
        UserError: If the data set says itself what tests, whatever the fold.
    """
    first, second = (with_facts(each, root).data.load(root).test for each in members[:2])
    if first.ids == second.ids and np.array_equal(first.targets, second.targets):
        raise UserError(
            "All folds would test the same, because the data say themselves what tests (a column "
            "split, or data.test_files): leave --folds out."
        )


@dataclass(frozen=True)
class Answers:
    """What a run answered about its test split.

    Args:
        seed: Seed of the run.
        examples: The test split.
        probabilities: The model's output, of shape `(examples, labels)`.
        scores: The scores.
    """

    seed: int
    examples: Examples
    probabilities: np.ndarray
    scores: Scores


def summarize(path: Path, names: Sequence[str], root: Path, file: str | None) -> None:
    """Prints mean and spread over folds, and the scores of all folds' predictions together.

    Writes folds.json, and the predictions of all folds.

    Args:
        path: Folder of the series.
        names: Names of the runs' folders in it.
        root: The data root.
        file: The runs' own experiment file, where that defines classes.
    """
    runs = [Run(path / name) for name in names]
    experiment = with_facts(runs[0].experiment(file), root)
    each = [_answers(run, root, file) for run in runs]
    scored = scoring(experiment.data.task, experiment.data.labels)
    found = spread([metric_values(one.scores) for one in each])
    print_spread("folds", found, f"{len(names)} runs")
    pooled, tables = [], list[dict[str, pd.DataFrame]]()
    for seed in dict.fromkeys(one.seed for one in each):
        examples, probabilities, threshold = _pool([one for one in each if one.seed == seed])
        scores = scored.score(examples, probabilities, threshold)
        for line in scores.lines():
            print(f"pooled    seed {seed}, {line}")
        pooled.append({"seed": seed, **scores.to_json()})
        tables.append(scored.tables(examples, probabilities, threshold))
        for table in tables[-1].values():
            table.insert(0, "seed", seed)
    _write_suspects(path, tables[0], list(experiment.data.labels))
    for name in tables[0]:
        write_text(path / name, csv_text(pd.concat([each[name] for each in tables])))
    together: dict[str, Any] = {}
    if len(pooled) > 1:
        together = spread([metric_values(Scores.from_json(one)) for one in pooled])
        print_spread("pooled", together, f"{len(pooled)} seeds")
    write_json(path / "folds.json", {"folds": found, "pooled": pooled, "seeds": together})


def _write_suspects(path: Path, tables: dict[str, pd.DataFrame], labels: list[str]) -> None:
    """Lists the clips whose labels look wrong to models that were not trained on them."""
    table = tables.get("clip_predictions.csv", tables["predictions.csv"])
    if "prediction" not in table:
        return
    found = suspects(table, labels)
    write_text(path / "suspects.csv", csv_text(found))
    print(f"labels    {len(found)} of {len(table)} look wrong: {path / 'suspects.csv'}")


def _answers(run: Run, root: Path, file: str | None) -> Answers:
    experiment = run.experiment(file)
    test = experiment.data.load(root).test
    table = pd.read_csv(run.path / "predictions.csv", dtype={"id": str}).set_index("id")
    ids, labels = list(map(safe_cell, test.ids)), list(map(safe_cell, experiment.data.labels))
    probabilities = table.loc[ids, labels].to_numpy(np.float32)
    return Answers(experiment.fit.seed, test, probabilities, run.scores)


def _pool(each: Sequence[Answers]) -> tuple[Examples, np.ndarray, Threshold | None]:
    """The test examples of all folds; a threshold that each fold chose becomes their mean."""
    chosen = [one.scores.threshold for one in each if one.scores.threshold is not None]
    threshold = None
    if chosen:
        mean = float(np.mean([one.value for one in chosen]))
        threshold = Threshold(mean, f"mean of {len(chosen)} folds, each {chosen[0].chosen}")
    examples = reduce(add, (one.examples for one in each))
    return examples, np.concatenate([one.probabilities for one in each]), threshold
