"""The mistakes of a model that was sure of its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SHOWN = 12


@dataclass(frozen=True)
class Mistake:
    """A wrong prediction.

    Args:
        id: Name of the example.
        y_true: The right label.
        y_pred: The predicted label.
        probability: Highest probability that the model gave to a label.
        true_probability: Probability that it gave to the right label.
    """

    id: str
    y_true: str
    y_pred: str
    probability: float
    true_probability: float


def worst_mistakes(table: pd.DataFrame) -> list[Mistake]:
    """Returns the wrong predictions with the highest probabilities, at most twelve.

    Args:
        table: Predictions: the columns "id", "truth" and "prediction", then a column of
            probabilities for each label. A table without predictions has no mistakes.
    """
    if "prediction" not in table.columns:
        return []
    labels = list(table.columns[3:])
    wrong = table[table.truth != table.prediction]
    probabilities = wrong[labels].to_numpy()
    highest = probabilities.max(1, initial=0)
    order = np.argsort(-highest, kind="stable")[:SHOWN]
    return [_mistake(wrong.iloc[row], float(highest[row])) for row in order]


def _mistake(row: pd.Series, highest: float) -> Mistake:
    return Mistake(
        str(row["id"]), row["truth"], row["prediction"], highest, float(row[row["truth"]])
    )
