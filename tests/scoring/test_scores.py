import numpy as np
import pytest
from sklearn import metrics

from kerasaudio.scoring import scores

LABELS = ("a", "b", "c", "d")


@pytest.fixture
def drawn():
    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 200)  # the fourth label is never there
    logits = random.normal(size=(200, 4)) + 1.5 * np.eye(4)[truth]
    each = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return truth, each.astype(np.float32)


def test_wilson_interval_is_the_textbook_one():
    # 81 of 263: the worked example of Newcombe 1998, Statistics in Medicine 17, table I: 0.2553 to 0.3662.
    truth = np.zeros(263, int)
    guess = np.r_[np.zeros(81, int), np.ones(182, int)]
    score = scores.accuracy(truth, guess)
    assert score.value == 81 / 263
    assert (round(score.low, 4), round(score.high, 4)) == (0.2553, 0.3662)


def test_scores_equal_scikit_learn(drawn):
    truth, each = drawn
    guess = each.argmax(1)
    found = scores.single_label(truth, each, LABELS)
    assert found["accuracy"]["value"] == metrics.accuracy_score(truth, guess)
    f1 = metrics.f1_score(truth, guess, average="macro", labels=range(4), zero_division=0)
    assert found["macro_f1"]["value"] == pytest.approx(f1, abs=1e-12)
    loss = metrics.log_loss(truth, each, labels=range(4))
    assert found["log_loss"]["value"] == pytest.approx(loss, rel=1e-6)
    report = metrics.classification_report(
        truth, guess, labels=range(4), target_names=LABELS, output_dict=True, zero_division=0
    )
    for label in LABELS:
        assert found["labels"][label]["recall"] == report[label]["recall"]
        assert found["labels"][label]["f1"] == report[label]["f1-score"]


def test_intervals_hold_the_value_and_narrow_with_n(drawn):
    truth, each = drawn
    few = scores.log_loss(truth[:50], each[:50])
    all_ = scores.log_loss(truth, each)
    assert few.low < few.value < few.high
    assert all_.high - all_.low < few.high - few.low


def test_bootstrap_of_a_mean_is_near_its_normal_interval(drawn):
    truth, each = drawn
    losses = -np.log(each[np.arange(len(truth)), truth])
    half = 1.96 * losses.std(ddof=1) / np.sqrt(len(losses))
    score = scores.log_loss(truth, each)
    assert score.low == pytest.approx(losses.mean() - half, abs=0.2 * half)
    assert score.high == pytest.approx(losses.mean() + half, abs=0.2 * half)
