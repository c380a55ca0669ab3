"""Scores of one right label an example, against scikit-learn and textbooks."""

import json

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from kerasaudio.experiment import Binary, Examples, SingleLabel
from kerasaudio.scoring.intervals import percentile, resampled, wilson
from kerasaudio.scoring.scores import Scores
from kerasaudio.scoring.tasks import metrics_of, scoring

LABELS = ("a", "b", "c", "d")


@pytest.fixture
def drawn():
    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 200)  # the fourth label is never there
    logits = random.normal(size=(200, 4)) + 1.5 * np.eye(4)[truth]
    each = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return truth, each.astype(np.float32)


def examples(truth, clips=()):
    return Examples(tuple(map(str, range(len(truth)))), truth, None, clips)


def scored(truth, each, clips=()):
    return scoring(SingleLabel(), LABELS).score(examples(truth, clips), each)


def test_wilson_interval_is_the_textbook_one():
    # 81 of 263: the worked example of Newcombe 1998, Statistics in Medicine 17: 0.2553 to 0.3662.
    score = wilson(81, 263)
    assert score.value == 81 / 263
    assert (round(score.low, 4), round(score.high, 4)) == (0.2553, 0.3662)


def test_scores_equal_scikit_learn(drawn):
    truth, each = drawn
    y_pred = each.argmax(1)
    found = scored(truth, each)
    values = {name: measured.score.value for name, measured in found.metrics.items()}
    assert values["accuracy"] == metrics.accuracy_score(truth, y_pred)
    f1 = metrics.f1_score(truth, y_pred, average="macro", labels=range(4), zero_division=0)
    assert values["macro_f1"] == pytest.approx(f1, abs=1e-12)
    loss = metrics.log_loss(truth, each, labels=range(4))
    assert values["log_loss"] == pytest.approx(loss, rel=1e-6)
    report = metrics.classification_report(
        truth, y_pred, labels=range(4), target_names=LABELS, output_dict=True, zero_division=0
    )
    for label in LABELS:
        assert found.labels[label]["recall"] == report[label]["recall"]
        assert found.labels[label]["f1"] == report[label]["f1-score"]
    assert found.confusion == metrics.confusion_matrix(truth, y_pred, labels=range(4)).tolist()


def test_a_baseline_always_gives_the_most_frequent_label(drawn):
    truth, each = drawn
    found = scored(truth, each).metrics
    commonest = np.bincount(truth).argmax()
    same = np.full(len(truth), commonest)
    assert found["accuracy"].baseline == metrics.accuracy_score(truth, same)
    f1 = metrics.f1_score(truth, same, average="macro", labels=range(4), zero_division=0)
    assert found["macro_f1"].baseline == pytest.approx(f1)


def test_intervals_hold_the_value_and_narrow_with_n(drawn):
    truth, each = drawn
    few = scored(truth[:50], each[:50]).metrics["log_loss"].score
    every = scored(truth, each).metrics["log_loss"].score
    assert few.low < few.value < few.high
    assert every.high - every.low < few.high - few.low


def test_bootstrap_of_a_mean_is_near_its_normal_interval(drawn):
    truth, each = drawn
    losses = -np.log(each[np.arange(len(truth)), truth])
    half = 1.96 * losses.std(ddof=1) / np.sqrt(len(losses))
    score = scored(truth, each).metrics["log_loss"].score
    assert score.low == pytest.approx(losses.mean() - half, abs=0.2 * half)
    assert score.high == pytest.approx(losses.mean() + half, abs=0.2 * half)


def test_resamples_are_the_same_ones_in_every_run_and_draw_with_replacement():
    drawn = resampled(lambda counts: counts.T.astype(float), 10)
    assert drawn.shape == (10, 1000)
    assert (drawn.sum(axis=0) == 10).all()
    assert (drawn == resampled(lambda counts: counts.T.astype(float), 10)).all()
    first = np.bincount(np.random.default_rng(0).integers(0, 10, 10), minlength=10)
    np.testing.assert_array_equal(drawn[:, 0], first)


def test_one_example_has_an_interval_of_no_width():
    drawn = resampled(lambda counts: counts @ np.array([3.0]), 1)
    score = percentile(3.0, drawn)
    assert (score.low, score.high) == (3.0, 3.0)


def test_windows_are_drawn_as_clips_and_clips_are_the_mean_of_their_windows(drawn):
    """Windows of a clip that are all the same tell no more than the clip: the interval is wider."""
    truth, each = drawn
    clips = tuple(f"clip{number // 4}" for number in range(800))
    found = scored(np.repeat(truth, 4), np.repeat(each, 4, axis=0), clips)
    assert (found.unit, found.n, found.clips.n) == ("windows", 800, 200)
    single = scored(truth, each).metrics
    for name, measured in found.metrics.items():
        assert measured.score.value == pytest.approx(single[name].score.value, rel=1e-6)
        width = measured.score.high - measured.score.low
        assert width == pytest.approx(single[name].score.high - single[name].score.low, rel=0.15)
        assert "clips" in measured.score.interval
    by_clip = found.clips.metrics["accuracy"].score
    assert by_clip.interval == found.metrics["accuracy"].score.interval  # one method in a run
    assert by_clip.low == pytest.approx(found.metrics["accuracy"].score.low)
    assert by_clip.value == single["accuracy"].score.value
    tables = scoring(SingleLabel(), LABELS).tables(
        examples(np.repeat(truth, 4), clips), np.repeat(each, 4, axis=0)
    )
    assert {name: len(table) for name, table in tables.items()} == {
        "predictions.csv": 800,
        "clip_predictions.csv": 200,
    }


def test_macro_f1_draws_within_classes(drawn):
    """A perfect classifier is never below 1 because a resample lacks a class."""
    truth = np.repeat(np.arange(4), [30, 30, 3, 1])
    perfect = scored(truth, np.eye(4, dtype=np.float32)[truth]).metrics
    score = perfect["macro_f1"].score
    assert (score.value, score.high) == (1, 1)
    assert score.low == perfect["accuracy"].score.low > 0.9  # Wilson's, for no resample differs
    counts = resampled(lambda counts: counts.T.astype(float), 64, classes=truth)
    for label, n in enumerate(np.bincount(truth)):
        assert (counts[truth == label].sum(axis=0) == n).all()
    found = scored(*drawn).metrics["macro_f1"].score
    assert "within classes" in found.interval and found.low < found.value < found.high


def test_within_classes_the_interval_is_scipys(drawn):
    """Recall of each class is a mean of its own examples, whose bootstrap SciPy knows."""
    truth, each = drawn
    right = (each.argmax(1) == truth).astype(float)

    def balanced(counts):
        found = [(counts * right)[:, truth == n].sum(1) / (truth == n).sum() for n in range(3)]
        return np.mean(found, axis=0)

    ours = percentile(0.0, resampled(balanced, len(truth), 4000, classes=truth))
    theirs = stats.bootstrap(
        [right[truth == n] for n in range(3)],
        lambda *samples, axis: np.mean([sample.mean(axis) for sample in samples], axis=0),
        n_resamples=4000,
        method="percentile",
        random_state=1,
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_yes_or_no_answers_about_windows_are_drawn_as_clips(drawn):
    truth, each = drawn
    pair = np.stack([1 - each[:, 0], each[:, 0]], 1)
    yes = (truth == 0).astype(int)
    clips = tuple(f"clip{number // 4}" for number in range(800))
    answers = scoring(Binary(), ("no", "yes"))
    one = answers.score(examples(yes), pair).metrics
    four = answers.score(examples(np.repeat(yes, 4), clips), np.repeat(pair, 4, axis=0)).metrics
    for name, measured in four.items():
        width = measured.score.high - measured.score.low
        single = one[name].score.high - one[name].score.low
        assert width == pytest.approx(single, rel=0.2)  # and not half of it
        assert "of clips" in measured.score.interval


def test_scores_survive_json(drawn):
    found = scored(*drawn)
    assert Scores.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_new_metric_is_one_entry_of_a_table(drawn, monkeypatch):
    """It is in scores.json and on the console; the tests of training and search use it, too."""
    from kerasaudio.scoring.metrics import SINGLE_LABEL, Metric

    kappa = Metric(
        "kappa",
        lambda sample: (
            np.array(metrics.cohen_kappa_score(sample.y_true, sample.y_pred))
            if sample.drawn is None
            else np.zeros(len(sample.drawn))
        ),
    )
    monkeypatch.setitem(SINGLE_LABEL, "kappa", kappa)
    assert "kappa" in metrics_of(SingleLabel())
    found = scored(*drawn)
    truth, each = drawn
    expected = metrics.cohen_kappa_score(truth, each.argmax(1))
    assert found.metrics["kappa"].score.value == pytest.approx(expected)
    assert any(line.startswith("kappa") for line in found.lines())
    assert found.to_json()["metrics"]["kappa"]["title"] == "kappa"


def test_resamples_that_are_all_alike_do_not_make_a_score_certain():
    truth, each = np.arange(4), np.tile([0.7, 0.1, 0.1, 0.1], (4, 1))  # always "a"
    score = scored(truth, each).metrics["macro_f1"].score
    assert score.value == pytest.approx(0.1)  # 0.4 for a, 0 for the others
    ends = stats.binomtest(0, 4).proportion_ci(method="wilson")
    assert (score.low, score.high) == (ends.low, ends.high)
