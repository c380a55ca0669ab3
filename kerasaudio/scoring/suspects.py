"""Labels that are probably wrong, from predictions for examples that were not trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd


def suspects(predictions: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """Returns the examples whose label the predictions contradict, the surest ones first.

    A model is sure of a label where its probability is at least the mean over the examples that
    have this label. Suspect is an example for which it is sure of another, more probable label and
    not of its own.

    Args:
        predictions: The columns "id", "truth" and one with probabilities for each label, from
            models that were not trained on the examples.
        labels: The labels.

    Returns:
        The columns "id", "truth", "suspected", "probability" and "probability_of_truth".

    Source: Northcutt et al. 2021, Confident learning (arXiv 1911.00068).
    """
    probabilities = predictions[labels].to_numpy(float)
    truth = pd.Categorical(predictions.truth, labels).codes.astype(int)
    own = probabilities[np.arange(len(truth)), truth]
    counts = np.bincount(truth, minlength=len(labels))
    usual = np.bincount(truth, own, len(labels)) / np.maximum(counts, 1)
    sure = np.where(probabilities >= np.where(counts, usual, np.inf), probabilities, 0)
    other = sure.argmax(axis=1)
    rows = np.flatnonzero((sure.max(axis=1) > own) & (own < usual[truth]))
    rows = rows[np.argsort(own[rows] - sure.max(axis=1)[rows], kind="stable")]
    return pd.DataFrame(
        {
            "id": predictions.id.to_numpy()[rows],
            "truth": predictions.truth.to_numpy()[rows],
            "suspected": np.array(labels)[other[rows]],
            "probability": probabilities[rows, other[rows]],
            "probability_of_truth": own[rows],
        }
    )
