"""What training tells of tags, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from kerasaudio.scoring.metrics import MULTI_LABEL
from kerasaudio.scoring.samples import ManyLabels
from kerasaudio.training.metrics import FirstTagAccuracy, MacroAUC


def told(metric, truth, scores, batch=32):
    for first in range(0, len(truth), batch):
        metric.update_state(truth[first : first + batch], scores[first : first + batch])
    return float(metric.result())


@pytest.fixture(scope="module")
def rare():
    """Tags of 1 to 20 % of clips with scores as small as a trained network's are."""
    draw = np.random.default_rng(0)
    truth = (draw.random((1500, 12)) < np.geomspace(0.01, 0.2, 12)).astype(np.uint8)
    logits = draw.normal(-4, 1, truth.shape) + truth * np.linspace(0, 3, 12)
    return truth, (1 / (1 + np.exp(-logits))).astype(np.float32)


def test_auc_is_scikit_learns(rare):
    truth, scores = rare
    metric = MacroAUC(12)
    assert told(metric, truth, scores) == pytest.approx(
        roc_auc_score(truth, scores, average="macro"), abs=2e-4
    )
    metric.reset_state()
    assert float(metric.result()) == 0


def test_labels_without_positives_or_negatives_are_left_out(rare):
    truth, scores = rare
    truth = truth.copy()
    truth[:, 2], truth[:, 5] = 0, 1
    rated = [number for number in range(12) if number not in (2, 5)]
    expected = roc_auc_score(truth[:, rated], scores[:, rated], average="macro")
    assert told(MacroAUC(12), truth, scores) == pytest.approx(expected, abs=2e-4)


def test_equal_scores_count_half_and_sure_ones_are_told_apart_from_others():
    truth = np.array([[1], [0], [1], [0]])
    assert told(MacroAUC(1), truth, np.full((4, 1), 0.3)) == pytest.approx(0.5)
    assert told(MacroAUC(1), truth, np.array([[1.0], [0.0], [1.0], [0.0]])) == pytest.approx(1)
    assert told(MacroAUC(1), truth, np.array([[0.0], [1.0], [1.0], [1.0]])) == pytest.approx(0.25)


def test_accuracy_compares_the_highest_score_with_the_first_tag():
    truth = np.array(
        [[0, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]]
    )  # nothing can be said of the last
    scores = np.array([[0.1, 0.9, 0.8], [0.2, 0.1, 0.9], [0.2, 0.1, 0.3], [0.9, 0.1, 0.1]])
    assert told(FirstTagAccuracy(), truth, scores) == pytest.approx(2 / 3)
    exact = MULTI_LABEL["accuracy"].value(ManyLabels(truth, scores))
    assert exact == pytest.approx(2 / 3)
