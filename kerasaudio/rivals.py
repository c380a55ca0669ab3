"""Classical classifiers on the same rows, for comparison: what a network has to beat."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from kerasaudio import scores
from kerasaudio.data.splits import Examples, Splits

RIVALS = {
    "SVC (RBF)": lambda seed: SVC(random_state=seed),
    "logistic regression": lambda seed: LogisticRegression(max_iter=2000, random_state=seed),
}


def compare(splits: Splits, seed: int) -> list[dict[str, Any]]:
    """Accuracy on the test rows of each rival at scikit-learn's defaults, fitted on the standardised training rows."""
    train, test = as_arrays(splits.train), as_arrays(splits.test)
    table = []
    for name, build in RIVALS.items():
        rival = make_pipeline(StandardScaler(), build(seed)).fit(train, splits.train.targets)
        table.append({"model": name, "accuracy": asdict(scores.accuracy(splits.test.targets, rival.predict(test)))})
    return table


def as_arrays(examples: Examples) -> np.ndarray:
    """(examples, features)."""
    return next(examples.inputs.batch(len(examples)).as_numpy_iterator())
