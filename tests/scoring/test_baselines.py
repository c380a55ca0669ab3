"""Tuned classical methods on the run's rows, and the test that pairs them with the network."""

import json
import shutil

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.errors import UserError
from kerasaudio.scoring import baselines


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
        "only_ours": 2,
        "only_theirs": 8,
        "p": pytest.approx(112 / 1024),
    }


def test_mcnemar_is_even_handed():
    assert baselines.mcnemar(*right(5, 3, 9, 1))["p"] == baselines.mcnemar(*right(5, 9, 3, 1))["p"]
    assert baselines.mcnemar(*right(5, 0, 0, 2))["p"] == 1
    assert baselines.mcnemar(*right(5, 4, 4, 2))["p"] == 1


def test_a_rival_is_tuned_on_training_rows_alone(standin_root, monkeypatch):
    """The winner is what scikit-learn gives by hand for the settings that were found."""
    monkeypatch.setitem(baselines.RIVALS, "SVC (RBF)", baselines.Rival(SVC(), {"C": [0.001, 3]}))
    splits = GtzanFeatures().load(standin_root)
    row = baselines.face("SVC (RBF)", splits, splits.test, splits.test.targets, seed=0)
    assert row["settings"] == {"C": 3}
    train, test = baselines.as_arrays(splits.train), baselines.as_arrays(splits.test)
    scaler = StandardScaler().fit(train)
    guess = (
        SVC(C=3).fit(scaler.transform(train), splits.train.targets).predict(scaler.transform(test))
    )
    assert row["accuracy"]["value"] == (guess == splits.test.targets).mean()
    assert row["mcnemar"]["only_theirs"] == 0
    assert row["mcnemar"]["only_ours"] == (guess != splits.test.targets).sum()


def test_every_rival_has_a_grid_that_its_classifier_knows():
    assert len(baselines.RIVALS) == 5
    for rival in baselines.RIVALS.values():
        assert rival.grid.keys() <= rival.classifier.get_params().keys()
        assert all(len(values) > 1 for values in rival.grid.values())


def test_too_few_rows_to_tune_on(standin_root):
    splits = GtzanFeatures(validation=0.96).load(standin_root)
    with pytest.raises(UserError, match="training rows"):
        baselines.tuned("SVC (RBF)", splits.train, 0)


def test_evaluate_prints_and_keeps_them(command, trained, tmp_path, monkeypatch):
    few = {name: baselines.RIVALS[name] for name in ("k-nearest neighbours", "logistic regression")}
    monkeypatch.setattr(baselines, "RIVALS", few)
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    outcome = command("evaluate", run, "--rivals")
    assert outcome.code == 0, outcome.err
    kept = json.loads((run / "rivals.json").read_text())
    assert kept["stamp"] == json.loads((run / "scores.json").read_text())["stamp"]
    assert [row["model"] for row in kept["rivals"]] == list(few)
    page = (run / "rivals.html").read_text()
    assert "STAND-IN" in page
    for row in kept["rivals"]:
        assert f"<td>{row['model']}</td>" in page
        (line,) = [line for line in outcome.out.splitlines() if line.startswith(row["model"])]
        assert (
            f"{row['accuracy']['value']:.3f} [{row['accuracy']['low']:.3f}, {row['accuracy']['high']:.3f}]"
            in line
        )
