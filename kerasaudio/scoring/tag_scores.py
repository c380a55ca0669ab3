"""Scores of clips that have any number of tags, none of which is told apart."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from kerasaudio.scoring.intervals import bootstrap, share
from kerasaudio.scoring.multi_label_scores import multi_label

RESAMPLES = 200  # of clips; every tag is ranked anew in each
SHOWN = 6  # clips at either end, and tags that the model would give each
TITLES = {
    "mean_roc_auc": "ROC-AUC",
    "mean_average_precision": "PR-AUC",
    "accuracy": "first tag",
    "log_loss": "log-loss",
}


def measure(
    ids: tuple[str, ...], truth: np.ndarray, scores: np.ndarray, tags: tuple[str, ...]
) -> dict[str, Any]:
    """Everything that scores.json holds but the stamp: truth (clips, tags) of 0 and 1, scores alike.

    `accuracy` is the courses': of the clips with tags, the share whose highest score is that of the first. The log-loss
    is the mean over tags and clips.
    """
    losses = clip_losses(truth, scores)
    order = np.argsort(losses, kind="stable")

    def shown(rows: np.ndarray) -> list[dict[str, Any]]:
        return [_clip(ids[row], truth[row], scores[row], losses[row], tags) for row in rows]

    tagged = truth.any(axis=1)
    right = int((scores.argmax(axis=1) == truth.argmax(axis=1))[tagged].sum())
    return {
        **multi_label(truth, scores, tags, RESAMPLES),
        "accuracy": asdict(share(right, int(tagged.sum()))),
        "log_loss": asdict(bootstrap(lambda index: losses[index].mean(-1), len(truth))),
        "best": shown(order[:SHOWN]),
        "worst": shown(order[::-1][:SHOWN]),
    }


def clip_losses(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(clips,) binary cross-entropy in nats, the mean over the tags."""
    eps = np.finfo(np.float32).eps
    right = np.where(truth > 0, scores, 1 - scores.astype(np.float64))
    return -np.log(np.clip(right, eps, 1)).mean(axis=1)


def _clip(
    name: str, truth: np.ndarray, scores: np.ndarray, loss: float, tags: tuple[str, ...]
) -> dict[str, Any]:
    highest = np.argsort(-scores, kind="stable")[:SHOWN]
    return {
        "id": name,
        "loss": float(loss),
        "tags": [tags[number] for number in np.flatnonzero(truth)],
        "highest": {tags[number]: float(scores[number]) for number in highest},
    }


def predictions(
    ids: tuple[str, ...], truth: np.ndarray, scores: np.ndarray, tags: tuple[str, ...]
) -> pd.DataFrame:
    """A row a clip: id, its tags, the loss and every tag's score."""
    held = [", ".join(tags[number] for number in np.flatnonzero(row)) for row in truth]
    first = pd.DataFrame({"id": ids, "truth": held, "loss": clip_losses(truth, scores)})
    return pd.concat([first, pd.DataFrame(scores, columns=list(tags))], axis=1)
