"""Tuned classical methods on the run's rows, and the test that pairs them with the network."""

import json
import shutil

import numpy as np
import pytest
from sklearn import metrics
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.errors import UserError
from kerasaudio.runs.results import rows
from kerasaudio.scoring import baselines
from kerasaudio.scoring.intervals import Score


def right(both, ours, theirs, neither):
    """Who was right on examples of which so many were got by both, one alone, or neither."""
    pairs = (
        [(True, True)] * both
        + [(True, False)] * ours
        + [(False, True)] * theirs
        + [(False, False)] * neither
    )
    return np.array(pairs).T


def test_mcnemar_by_hand():
    # 10 differ, 2 : 8. Two-sided: 2 * (1 + 10 + 45) / 2**10.
    assert baselines.mcnemar(*right(50, 2, 8, 9)) == {
        "only_model": 2,
        "only_baseline": 8,
        "p": pytest.approx(112 / 1024),
    }


def test_mcnemar_is_even_handed():
    assert baselines.mcnemar(*right(5, 3, 9, 1))["p"] == baselines.mcnemar(*right(5, 9, 3, 1))["p"]
    assert baselines.mcnemar(*right(5, 0, 0, 2))["p"] == 1
    assert baselines.mcnemar(*right(5, 4, 4, 2))["p"] == 1


def test_a_baseline_is_tuned_on_training_rows_alone(standin_root, monkeypatch):
    """The winner is what scikit-learn gives by hand for the settings that were found."""
    monkeypatch.setitem(
        baselines.BASELINES, "SVC (RBF)", baselines.Baseline(SVC(), {"C": [0.001, 3]})
    )
    splits = GtzanFeatures().load(standin_root)
    train, test = rows(splits.train), rows(splits.test)
    row = baselines.compare("SVC (RBF)", train, test, splits.test.targets, seed=0)
    assert row.settings == {"C": 3}
    scaler = StandardScaler().fit(train.features)
    fitted = SVC(C=3).fit(scaler.transform(train.features), train.y_true)
    y_pred = fitted.predict(scaler.transform(test.features))
    assert row.accuracy.value == (y_pred == test.y_true).mean()
    f1 = metrics.f1_score(test.y_true, y_pred, average="macro")
    assert row.macro_f1.value == pytest.approx(f1)
    assert row.mcnemar["only_baseline"] == 0
    assert row.mcnemar["only_model"] == (y_pred != test.y_true).sum()


def test_every_baseline_has_a_grid_that_its_classifier_knows():
    assert len(baselines.BASELINES) == 8
    for baseline in baselines.BASELINES.values():
        assert baseline.grid.keys() <= baseline.classifier.get_params().keys()
        assert all(len(values) > 1 for values in baseline.grid.values())


def test_too_few_rows_to_tune_on(standin_root):
    splits = GtzanFeatures(validation=0.96).load(standin_root)
    with pytest.raises(UserError, match="training rows"):
        baselines.tuned("SVC (RBF)", rows(splits.train), 0)


def test_of_many_rows_some_are_drawn_and_the_name_says_so(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_ROWS", 60)
    generator = np.random.default_rng(0)
    y = np.arange(300) % 3
    many = baselines.Rows(generator.normal(size=(300, 4)) + y[:, None], y)
    some = baselines.at_most(many, 0)
    assert len(some) == 60 and len(baselines.at_most(some, 0)) == 60
    np.testing.assert_array_equal(some.features, baselines.at_most(many, 0).features)
    names = [name for name, _ in baselines.quick_accuracies(many, many, 0)]
    assert names == [f"{name} on 60 of 300 rows" for name in baselines.QUICK]
    row = baselines.compare("logistic regression", many, many, y, 0)
    assert row.accuracy.value > 0.7 and row.mcnemar["only_baseline"] == 0


def test_pieces_of_recordings_are_counted_as_recordings():
    clips = tuple("aaabbbccc")
    y = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0])
    rows = baselines.Rows(np.zeros((9, 1)), y, clips)
    answers = np.array([0, 0, 1, 0, 0, 1, 0, 0, 0])
    assert baselines._right(rows, answers).tolist() == [True, False, True]
    assert baselines._right(baselines.Rows(rows.features, y), answers).sum() == 6


def test_evaluate_prints_and_keeps_them(command, trained, tmp_path, monkeypatch):
    few = {
        name: baselines.BASELINES[name] for name in ("k-nearest neighbours", "logistic regression")
    }
    monkeypatch.setattr(baselines, "BASELINES", few)
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    outcome = command("evaluate", run, "--baselines")
    assert outcome.code == 0, outcome.err
    kept = json.loads((run / "baselines.json").read_text())
    assert kept["provenance"] == json.loads((run / "scores.json").read_text())["provenance"]
    assert [row["model"] for row in kept["baselines"]] == list(few)
    page = (run / "baselines.html").read_text()
    assert "STAND-IN" in page
    for row in kept["baselines"]:
        assert row["model"] in page
        (line,) = [line for line in outcome.out.splitlines() if line.startswith(row["model"])]
        assert str(Score(**row["accuracy"])) in line


def test_settings_are_chosen_by_recordings_and_not_by_their_pieces():
    """The nearest neighbour of a piece is one of the same recording, which says nothing."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    centers = random.normal(size=(60, 4)) + 0.5 * labels[:, None]
    features = np.repeat(centers, 10, axis=0) + 0.01 * random.normal(size=(600, 4))
    clips = tuple(f"{number}" for number in np.repeat(np.arange(60), 10))
    train = baselines.Rows(features.astype(np.float32), np.repeat(labels, 10), clips)
    name = "k-nearest neighbours"
    apart = baselines.tuned(name, baselines.Rows(train.features, train.y_true), 0)
    assert baselines.tuned(name, train, 0).best_score_ < 0.9 < apart.best_score_
