"""Scores of yes-or-no questions and of many labels, against scikit-learn and by hand."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from kerasaudio.experiment import Binary, Examples, MultiLabel
from kerasaudio.scoring.curves import calibration
from kerasaudio.scoring.scores import Threshold
from kerasaudio.scoring.tasks import scoring
from kerasaudio.scoring.thresholds import choose
from kerasaudio.scoring.yes_or_no import positive_probability

LABELS = ("other", "speech")


@pytest.fixture
def drawn():
    """500 examples, their scores rounded so that many are equal."""
    random = np.random.default_rng(3)
    truth = (random.random(500) < 0.26).astype(int)
    scores = np.round(1 / (1 + np.exp(1 - 2 * truth - random.normal(size=500))), 2)
    return truth, scores


def scored(truth, scores, threshold=0.5):
    examples = Examples(tuple(map(str, range(len(truth)))), truth, None)
    pair = np.stack([1 - scores, scores], axis=1)
    return scoring(Binary(), LABELS).score(examples, pair, Threshold(threshold))


def test_scores_equal_scikit_learn(drawn):
    truth, scores = drawn
    found = scored(truth, scores, 0.4)
    guess = scores >= 0.4
    expected = {
        "accuracy": metrics.accuracy_score(truth, guess),
        "f1": metrics.f1_score(truth, guess),
        "macro_f1": metrics.f1_score(truth, guess, average="macro"),
        "micro_f1": metrics.f1_score(truth, guess, average="micro"),
        "roc_auc": metrics.roc_auc_score(truth, scores),
        "average_precision": metrics.average_precision_score(truth, scores),
        "log_loss": metrics.log_loss(truth, scores),
    }
    for name, value in expected.items():
        assert found.metrics[name].score.value == pytest.approx(value, abs=1e-6), name
        score = found.metrics[name].score
        assert score.low < value < score.high, name
    assert found.confusion == metrics.confusion_matrix(truth, guess).tolist()
    assert found.metrics["average_precision"].baseline == truth.mean()


def test_the_majority_equals_scikit_learn_on_a_constant(drawn):
    truth, scores = drawn
    never = np.zeros(len(truth), int)
    found = scored(truth, scores).metrics
    assert found["accuracy"].baseline == pytest.approx(metrics.accuracy_score(truth, never))
    assert found["macro_f1"].baseline == pytest.approx(
        metrics.f1_score(truth, never, average="macro")
    )
    constant = np.full(len(truth), truth.mean())
    assert found["average_precision"].baseline == pytest.approx(
        metrics.average_precision_score(truth, constant)
    )
    assert found["roc_auc"].baseline == metrics.roc_auc_score(truth, constant)
    assert found["log_loss"].baseline == pytest.approx(metrics.log_loss(truth, constant))


def test_the_interval_of_the_area_is_near_that_of_hanley_and_mcneil(drawn):
    truth, scores = drawn
    found = scored(truth, scores).metrics["roc_auc"].score
    area, n, m = found.value, truth.sum(), (1 - truth).sum()
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)  # Radiology 143 (1982), 29
    error = np.sqrt(
        (area * (1 - area) + (n - 1) * (q1 - area**2) + (m - 1) * (q2 - area**2)) / (n * m)
    )
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.2)


@pytest.mark.parametrize(
    "goal, score", [("best_accuracy", metrics.accuracy_score), ("best_f1", metrics.f1_score)]
)
def test_no_threshold_is_better_than_the_best(drawn, goal, score):
    truth, scores = drawn
    best = score(truth, scores >= choose(truth, scores, goal))
    assert best == pytest.approx(
        max(score(truth, scores >= each) for each in np.linspace(0, 1, 201))
    )


def test_where_every_yes_costs_more_than_it_gives_the_best_answer_is_no():
    truth, scores = np.array([0, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.5, 0.1, 0.05])
    assert metrics.accuracy_score(truth, scores >= choose(truth, scores, "best_accuracy")) == 0.8


def test_calibration_by_hand():
    scores = np.repeat(np.linspace(0.05, 0.95, 10), 20)
    truth = np.concatenate(
        [np.arange(20) < round(20 * score) for score in np.linspace(0.05, 0.95, 10)]
    ).astype(int)
    found = calibration(truth, scores)
    np.testing.assert_allclose(found["predicted"], np.linspace(0.05, 0.95, 10))
    np.testing.assert_allclose(found["observed"], found["predicted"])
    assert found["expected_error"] == pytest.approx(0, abs=1e-12)


def test_two_sigmoids_are_compared_with_each_other():
    np.testing.assert_allclose(
        positive_probability(np.array([[0.2, 0.2], [0.1, 0.3]])), [0.5, 0.75]
    )


def test_many_labels_beside_a_target_equal_scikit_learn():
    random = np.random.default_rng(0)
    truth = (random.random((300, 6)) < 0.1).astype(np.uint8)
    truth[:, 5] = 0  # a label that is never there is not rated
    scores = (0.7 * random.random((300, 6)) + 0.3 * truth).astype(np.float32)
    examples = Examples(tuple(map(str, range(300))), truth, None)
    whole = scoring(MultiLabel("a"), tuple("abcdef")).score(examples, scores)
    found = whole.all_labels
    rated = slice(0, 5)
    areas = metrics.roc_auc_score(truth[:, rated], scores[:, rated], average=None)
    assert found.left_out == ("f",) and list(found.labels) == list("abcde")
    values = {name: measured.score.value for name, measured in found.metrics.items()}
    assert values["mean_roc_auc"] == pytest.approx(areas.mean(), abs=1e-6)
    expected = metrics.average_precision_score(truth[:, rated], scores[:, rated], average="macro")
    assert values["mean_average_precision"] == pytest.approx(expected, abs=1e-6)
    assert values["d_prime"] == pytest.approx(np.sqrt(2) * stats.norm.ppf(areas.mean()))
    each = [row["roc_auc"] for row in found.labels.values()]
    np.testing.assert_allclose(each, areas, atol=1e-6)
    assert whole.metrics["roc_auc"].score.value == pytest.approx(areas[0], abs=1e-6)
