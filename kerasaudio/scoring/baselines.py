"""Classical classifiers on the same rows: what a network has to beat."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from kerasaudio.errors import UserError
from kerasaudio.scoring.bootstrap import measure, units
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.metrics import SINGLE_LABEL
from kerasaudio.scoring.samples import OneLabel
from kerasaudio.scoring.scores import Measured

FOLDS = 5
MOST_ROWS = 10_000  # training rows of a classical method: minutes, where all rows could take hours

QUICK = {
    "SVC (RBF)": SVC(),
    "logistic regression": LogisticRegression(max_iter=2000),
}


@dataclass(frozen=True)
class Baseline:
    """A classifier, and the settings among which cross-validation chooses.

    Args:
        classifier: scikit-learn's classifier.
        grid: Values to try, by the name of the setting.
    """

    classifier: BaseEstimator
    grid: Mapping[str, list[Any]]


BASELINES = {
    "SVC (RBF)": Baseline(SVC(), {"C": [1, 3, 10, 30], "gamma": ["scale", 0.005]}),
    "k-nearest neighbours": Baseline(
        KNeighborsClassifier(),
        {"n_neighbors": [1, 3, 5, 9, 15], "weights": ["uniform", "distance"], "p": [1, 2]},
    ),
    "logistic regression": Baseline(
        LogisticRegression(max_iter=5000), {"C": [0.01, 0.03, 0.1, 0.3, 1, 3]}
    ),
    "random forest": Baseline(RandomForestClassifier(300), {"min_samples_leaf": [1, 2, 4]}),
    "extra trees": Baseline(ExtraTreesClassifier(300), {"min_samples_leaf": [1, 2, 4]}),
    "gradient boosting": Baseline(
        HistGradientBoostingClassifier(max_features=0.2), {"max_leaf_nodes": [4, 8, 16]}
    ),
    "naive Bayes": Baseline(GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1e-2, 1e-1]}),
    "decision tree": Baseline(
        DecisionTreeClassifier(), {"max_depth": [4, 8, 16], "min_samples_leaf": [1, 4, 16]}
    ),
}


@dataclass(frozen=True)
class Rows:
    """Rows of a table with their labels.

    Args:
        features: Features of shape `(rows, features)`.
        y_true: Label numbers of shape `(rows,)`.
        clips: Name of the recording that each row is a piece of. Empty where rows stand for
            themselves.
    """

    features: np.ndarray
    y_true: np.ndarray
    clips: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y_true)


@dataclass(frozen=True)
class Compared:
    """A tuned classifier beside a network, on the same rows.

    Args:
        model: Name of the classifier.
        settings: The settings that cross-validation chose.
        accuracy: Its accuracy.
        macro_f1: Its macro-F1.
        mcnemar: "only_model" and "only_baseline": rows that one of the two alone had right; "p" of
            McNemar's test.
        seconds: Time that tuning took.
    """

    model: str
    settings: dict[str, Any]
    accuracy: Score
    macro_f1: Score
    mcnemar: dict[str, Any]
    seconds: float


def quick_accuracies(train: Rows, test: Rows, seed: int) -> list[tuple[str, Score]]:
    """Returns the accuracy of two classifiers at scikit-learn's defaults.

    Args:
        train: Rows to fit; of more than 10,000 rows, that many are drawn, and the name says so.
        test: Rows to score.
        seed: Seed of classifiers that draw random numbers.
    """
    found, some = [], at_most(train, seed)
    note = "" if some is train else f" on {len(some):,} of {len(train):,} rows"
    for name, classifier in QUICK.items():
        fitted = _standardized(classifier, seed).fit(some.features, some.y_true)
        answers = fitted.predict(test.features)
        found.append((name + note, _measured(train, test, answers)["accuracy"].score))
    return found


def at_most(rows: Rows, seed: int) -> Rows:
    """Returns all rows, or some that are drawn: the time of an SVC grows with their square.

    Args:
        rows: The rows.
        seed: Seed of the draw.
    """
    if len(rows) <= MOST_ROWS:
        return rows
    drawn = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
    clips = tuple(rows.clips[number] for number in drawn) if rows.clips else ()
    return Rows(rows.features[drawn], rows.y_true[drawn], clips)


def _measured(train: Rows, test: Rows, answers: np.ndarray) -> dict[str, Measured]:
    """Accuracy and macro-F1 of label numbers."""
    labels = int(max(train.y_true.max(), test.y_true.max())) + 1
    sample = OneLabel(test.y_true, np.eye(labels)[answers])
    metrics = {key: SINGLE_LABEL[key] for key in ("accuracy", "macro_f1")}
    return measure(metrics, sample, sample, test.clips)


def tuned(name: str, train: Rows, seed: int) -> GridSearchCV:
    """Returns a classifier with its best settings by 5-fold cross-validation, fitted to all rows.

    Pieces of one recording are in one fold.

    Args:
        name: A key of `BASELINES`.
        train: Rows to fit; of more than 10,000 rows, that many are drawn.
        seed: Seed of the folds and of classifiers that draw random numbers.

    Raises:
        UserError: If a label has fewer rows than there are folds.
    """
    train = at_most(train, seed)
    groups = units(train.clips, len(train))
    fewest = min(len(set(groups[train.y_true == label])) for label in set(train.y_true))
    if fewest < FOLDS:
        kind = "recordings" if train.clips else "rows"
        raise UserError(
            f"A label has {fewest} training {kind}: baselines are tuned on {FOLDS} folds, "
            "each with every label."
        )
    baseline = BASELINES[name]
    search = GridSearchCV(
        _standardized(baseline.classifier, seed),
        {f"classifier__{setting}": values for setting, values in baseline.grid.items()},
        cv=(StratifiedGroupKFold if train.clips else StratifiedKFold)(
            FOLDS, shuffle=True, random_state=seed
        ),
        n_jobs=-1,
    )
    with threadpool_limits(1):  # the folds run beside each other already
        return search.fit(train.features, train.y_true, groups=groups if train.clips else None)


def compare(name: str, train: Rows, test: Rows, y_pred: np.ndarray, seed: int) -> Compared:
    """Tunes a classifier and compares it with a network on the same rows.

    Args:
        name: A key of `BASELINES`.
        train: Rows to fit.
        test: Rows to score.
        y_pred: The network's label numbers for the test rows, of shape `(rows,)`.
        seed: Seed of the folds and of classifiers that draw random numbers.

    Raises:
        UserError: If a label has fewer training rows than there are folds.
    """
    started = time.perf_counter()
    search = tuned(name, train, seed)
    seconds = time.perf_counter() - started
    answers = search.predict(test.features)
    found = _measured(train, test, answers)
    return Compared(
        model=name,
        settings={key.rpartition("__")[2]: each for key, each in search.best_params_.items()},
        accuracy=found["accuracy"].score,
        macro_f1=found["macro_f1"].score,
        mcnemar=mcnemar(_right(test, y_pred), _right(test, answers)),
        seconds=round(seconds, 2),
    )


def _right(test: Rows, answers: np.ndarray) -> np.ndarray:
    """Which rows are right; of pieces of recordings, which recordings are for the most part."""
    right = answers == test.y_true
    unit = units(test.clips, len(test))
    return np.bincount(unit, right) > np.bincount(unit) / 2


def mcnemar(model_right: np.ndarray, baseline_right: np.ndarray) -> dict[str, Any]:
    """Returns McNemar's exact two-sided test of two classifiers on the same rows.

    Args:
        model_right: Whether the network was right, of shape `(rows,)`.
        baseline_right: Whether the classifier was right, of shape `(rows,)`.

    Returns:
        "only_model" and "only_baseline", the rows that one of them alone had right, and "p".
    """
    only_model = int((model_right & ~baseline_right).sum())
    only_baseline = int((baseline_right & ~model_right).sum())
    differing = only_model + only_baseline
    p = stats.binomtest(only_model, differing).pvalue if differing else 1.0
    return {"only_model": only_model, "only_baseline": only_baseline, "p": float(p)}


def _standardized(classifier: BaseEstimator, seed: int) -> Pipeline:
    """The classifier behind a scaler, seeded where it draws random numbers."""
    fresh = clone(classifier)
    if "random_state" in fresh.get_params():
        fresh.set_params(random_state=seed)
    return Pipeline([("scaler", StandardScaler()), ("classifier", fresh)])
