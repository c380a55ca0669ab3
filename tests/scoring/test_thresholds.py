"""Thresholds that validation examples choose, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics

from kerasaudio.experiment import Examples, FalseAlarms, SingleLabel
from kerasaudio.scoring.scores import Scores
from kerasaudio.scoring.tasks import scoring
from kerasaudio.scoring.thresholds import choose, label_thresholds

LABELS = ("bark", "rain", "siren")


@pytest.fixture
def drawn():
    """600 examples of unequal labels, with probabilities that are right more often than not."""
    random = np.random.default_rng(5)
    truth = random.choice(3, 600, p=[0.7, 0.25, 0.05])
    scores = np.exp(random.normal(size=(600, 3)) + 1.5 * np.eye(3)[truth])
    return truth, np.round(scores / scores.sum(axis=1, keepdims=True), 2)


def test_the_best_f1_of_each_label_is_that_of_scikit_learn(drawn):
    truth, scores = drawn
    found = label_thresholds(LABELS, truth, scores, "best_f1")
    for number, (label, threshold) in enumerate(found.items()):
        held = truth == number
        levels = np.unique(scores[:, number])
        best = max(metrics.f1_score(held, scores[:, number] >= level) for level in levels)
        answers = scores[:, number] >= threshold.value
        assert (label, threshold.f1) == (LABELS[number], pytest.approx(best))
        assert threshold.precision == pytest.approx(metrics.precision_score(held, answers))
        assert threshold.recall == pytest.approx(metrics.recall_score(held, answers))
        assert threshold.n == held.sum()
        assert threshold.false_alarms_per_hour is None
        assert threshold.chosen == "best f1 on validation"


@pytest.mark.parametrize(
    ("per_hour", "answers"),
    # Half an hour: 0, 1 and 2 false alarms are allowed. Two examples have the probability 0.6.
    [(0, [0.9]), (1.9, [0.9]), (2, [0.9, 0.8, 0.7]), (5, [0.9, 0.8, 0.7, 0.6, 0.6])],
)
def test_no_more_false_alarms_than_wanted(per_hour, answers):
    truth = np.array([1, 0, 1, 1, 0, 0, 1])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.4])
    value = choose(truth, scores, FalseAlarms(per_hour), hours=0.5)
    assert scores[scores >= value].tolist() == answers


def test_false_alarms_of_each_label_are_counted_by_the_hour(drawn):
    truth, scores = drawn
    found = label_thresholds(LABELS, truth, scores, FalseAlarms(20), hours=0.25)
    for number, threshold in enumerate(found.values()):
        alarms = ((scores[:, number] >= threshold.value) & (truth != number)).sum()
        assert threshold.false_alarms_per_hour == alarms / 0.25 <= 20
        more = scores[scores[:, number] < threshold.value, number].max()
        assert ((scores[:, number] >= more) & (truth != number)).sum() / 0.25 > 20
    assert found["rain"].chosen == "at most 20 false alarms an hour on validation"


def test_several_labels_an_example_have_thresholds_and_labels_that_do_not_occur_have_none(drawn):
    _, scores = drawn
    truth = (scores > 0.4).astype(int)
    truth[:, 1] = 0
    found = label_thresholds(LABELS, truth, scores, "best_f1")
    assert list(found) == ["bark", "siren"]
    assert found["bark"].f1 == 1
    assert 0.4 < found["bark"].value <= 0.41


def test_macro_f1_leads_where_labels_are_unbalanced(drawn):
    truth, scores = drawn
    score = scoring(SingleLabel(), LABELS).score
    found = score(Examples(tuple(map(str, range(600))), truth, None), scores)
    assert list(found.metrics) == ["macro_f1", "accuracy", "log_loss"]
    always = np.zeros(600, int)
    assert found.metrics["accuracy"].baseline == metrics.accuracy_score(truth, always)
    assert found.metrics["macro_f1"].baseline == pytest.approx(
        metrics.f1_score(truth, always, average="macro", zero_division=0)
    )
    assert list(Scores.from_json(found.to_json()).metrics) == list(found.metrics)
    even = np.concatenate([np.flatnonzero(truth == number)[:20] for number in range(3)])
    balanced = score(Examples(tuple(map(str, even)), truth[even], None), scores[even])
    assert list(balanced.metrics)[0] == "accuracy"
