"""Classical classifiers on the same rows, for comparison: what a network has to beat."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from kerasaudio.data.splits import Examples, Splits
from kerasaudio.errors import UserError
from kerasaudio.scoring import scores
from kerasaudio.training import pipeline

FOLDS = 5

QUICK = {
    "SVC (RBF)": SVC(),
    "logistic regression": LogisticRegression(max_iter=2000),
}


@dataclass(frozen=True)
class Rival:
    """A classifier, and the settings among which cross-validation chooses."""

    classifier: BaseEstimator
    grid: Mapping[str, list[Any]]


RIVALS = {
    "SVC (RBF)": Rival(SVC(), {"C": [1, 3, 10, 30], "gamma": ["scale", 0.005]}),
    "k-nearest neighbours": Rival(
        KNeighborsClassifier(),
        {"n_neighbors": [1, 3, 5, 9, 15], "weights": ["uniform", "distance"], "p": [1, 2]},
    ),
    "logistic regression": Rival(
        LogisticRegression(max_iter=5000), {"C": [0.01, 0.03, 0.1, 0.3, 1, 3]}
    ),
    "random forest": Rival(RandomForestClassifier(300), {"min_samples_leaf": [1, 2, 4]}),
    "gradient boosting": Rival(
        HistGradientBoostingClassifier(max_features=0.2), {"max_leaf_nodes": [4, 8, 16]}
    ),
}


def compare(splits: Splits, seed: int) -> list[dict[str, Any]]:
    """Accuracy on the test rows of two rivals at scikit-learn's defaults: quick enough to stand in every report."""
    train, test = as_arrays(splits.train), as_arrays(splits.test)
    table = []
    for name, classifier in QUICK.items():
        rival = _standardised(classifier, seed).fit(train, splits.train.targets)
        table.append(
            {
                "model": name,
                "accuracy": asdict(scores.accuracy(splits.test.targets, rival.predict(test))),
            }
        )
    return table


def tuned(name: str, train: Examples, seed: int) -> GridSearchCV:
    """The rival called `name` with its best settings by 5-fold cross-validation, fitted on all training rows.

    Raises UserError where a label has fewer training rows than there are folds.
    """
    fewest = np.bincount(train.targets).min()
    if fewest < FOLDS:
        raise UserError(
            f"A label has {fewest} training rows: rivals are tuned on {FOLDS} folds, each with every label."
        )
    rival = RIVALS[name]
    search = GridSearchCV(
        _standardised(rival.classifier, seed),
        {f"classifier__{setting}": values for setting, values in rival.grid.items()},
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
        n_jobs=-1,
    )
    with threadpool_limits(1):  # the folds run beside each other already
        return search.fit(as_arrays(train), train.targets)


def face(
    name: str, splits: Splits, examples: Examples, ours: np.ndarray, seed: int
) -> dict[str, Any]:
    """A tuned rival's scores on `examples` and McNemar's test against `ours`, the network's label numbers there."""
    started = time.perf_counter()
    search = tuned(name, splits.train, seed)
    seconds = time.perf_counter() - started
    theirs = search.predict(as_arrays(examples))
    labels = int(splits.train.targets.max()) + 1
    return {
        "model": name,
        "settings": {key.rpartition("__")[2]: value for key, value in search.best_params_.items()},
        "accuracy": asdict(scores.accuracy(examples.targets, theirs)),
        "macro_f1": asdict(scores.macro_f1(examples.targets, theirs, labels)),
        "mcnemar": mcnemar(ours == examples.targets, theirs == examples.targets),
        "seconds": round(seconds, 2),
    }


def mcnemar(ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """McNemar's exact test on (examples,) of who was right: two-sided, on the examples that one alone had right."""
    only_ours, only_theirs = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    differing = only_ours + only_theirs
    p = stats.binomtest(only_ours, differing).pvalue if differing else 1.0
    return {"only_ours": only_ours, "only_theirs": only_theirs, "p": float(p)}


def as_arrays(examples: Examples) -> np.ndarray:
    """(examples, features)."""
    return next(pipeline.batches(examples, len(examples)).as_numpy_iterator())[0]


def _standardised(classifier: BaseEstimator, seed: int) -> Any:
    """The classifier behind a scaler, seeded where it draws anything."""
    fresh = clone(classifier)
    if "random_state" in fresh.get_params():
        fresh.set_params(random_state=seed)
    return Pipeline([("scaler", StandardScaler()), ("classifier", fresh)])
