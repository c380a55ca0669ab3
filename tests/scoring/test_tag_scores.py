"""Scores of tags against scikit-learn, and what a run, evaluate and compare make of them."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from kerasaudio.data.standins import magnatagatune_standin, standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, MultiLabel
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.runs.folder import Run
from kerasaudio.runs.train import train
from kerasaudio.scoring.tasks import scoring
from kerasaudio.tuning.loaders import loaders

TAGS = ("always", "beat", "choir", "drum", "never")


def scored(ids, truth, probabilities, tags=TAGS):
    return scoring(MultiLabel(), tags).score(Examples(ids, truth, None), probabilities)


@pytest.fixture
def drawn():
    """Probabilities that say something about three tags, with ties; the others cannot be rated."""
    random = np.random.default_rng(3)
    truth = (random.random((300, 5)) < [1, 0.4, 0.03, 0.2, 0]).astype(np.uint8)
    each = np.round(1 / (1 + np.exp(-(truth + random.normal(size=truth.shape)))), 2).astype(
        np.float32
    )
    return truth, each


def test_areas_equal_scikit_learn_and_leave_out_what_cannot_be_rated(drawn):
    truth, each = drawn
    found = scored(tuple(map(str, range(300))), truth, each)
    assert found.left_out == ("always", "never")
    assert len(found.labels) == 3
    rated = [1, 2, 3]
    for number in rated:
        row = found.labels[TAGS[number]]
        area = metrics.roc_auc_score(truth[:, number], each[:, number])
        precision = metrics.average_precision_score(truth[:, number], each[:, number])
        assert row["roc_auc"] == pytest.approx(area, abs=1e-6)
        assert row["average_precision"] == pytest.approx(precision, abs=1e-6)
        assert row["n"] == truth[:, number].sum()
        assert row["roc_auc_interval"][0] <= row["roc_auc"] <= row["roc_auc_interval"][1]
    macro = metrics.roc_auc_score(truth[:, rated], each[:, rated], average="macro")
    precision = metrics.average_precision_score(truth[:, rated], each[:, rated], average="macro")
    assert found.metrics["mean_roc_auc"].score.value == pytest.approx(macro, abs=1e-6)
    assert found.metrics["mean_average_precision"].score.value == pytest.approx(precision, abs=1e-6)
    assert (
        found.metrics["mean_roc_auc"].score.low < macro < found.metrics["mean_roc_auc"].score.high
    )
    loss = np.mean(
        [metrics.log_loss(truth[:, k], each[:, k].astype(float), labels=[0, 1]) for k in range(5)]
    )
    assert found.metrics["log_loss"].score.value == pytest.approx(loss, rel=1e-6)


def test_an_interval_is_that_of_resampled_clips(drawn):
    truth, each = drawn
    found = scored(tuple(map(str, range(300))), truth, each)
    random, areas = np.random.default_rng(9), []
    for _ in range(300):
        rows = random.integers(0, 300, 300)
        areas.append(metrics.roc_auc_score(truth[rows, 1], each[rows, 1]))
    low, high = np.quantile(areas, [0.025, 0.975])
    assert found.labels["beat"]["roc_auc_interval"] == pytest.approx([low, high], abs=0.02)


def test_best_and_worst_clips_are_those_of_binary_cross_entropy():
    truth = np.array([[1, 0], [1, 0], [0, 1]], np.uint8)
    each = np.array([[0.9, 0.2], [0.5, 0.5], [0.8, 0.1]], np.float32)
    found = scored(("good", "middle", "bad"), truth, each, ("flute", "voice"))
    expected = [-(np.log(0.9) + np.log(0.8)) / 2, -np.log(0.5), -(np.log(0.2) + np.log(0.1)) / 2]
    assert [row["id"] for row in found.best] == ["good", "middle", "bad"]
    assert [row["id"] for row in found.worst] == ["bad", "middle", "good"]
    assert [row["loss"] for row in found.best] == pytest.approx(expected, rel=1e-5)
    assert found.worst[0]["tags"] == ["voice"]
    assert next(iter(found.worst[0]["highest"])) == "flute"
    assert found.metrics["accuracy"].score.value == pytest.approx(2 / 3)


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """A data root with 64 clips of the stand-in, and a run on it."""
    root = tmp_path_factory.mktemp("tagged")
    standin.write_marker(root)
    magnatagatune_standin.write(root / "magnatagatune", clips=64)
    path = tmp_path_factory.mktemp("runs") / "run"
    name = "magnatagatune_p2:raw_1024_1024"
    settings = ["fit.epochs=2", "fit.batch_size=16"]
    train(adjusted(load(name).experiment, settings, None), name, root, path)
    return root, path


def test_a_run_names_its_protocol_its_tags_and_what_was_left_out(tagged):
    _, run = tagged
    found = json.loads((run / "scores.json").read_text())
    assert found["provenance"]["protocol"] == "MagnaTagATune 12-1-3, merged tags"
    assert found["provenance"]["n"] == 12
    table = pd.read_csv(run / "predictions.csv")
    assert len(table) == 12 and len(table.columns) == 53
    held = table.truth.str.split(", ")
    area = metrics.roc_auc_score(["drum" in tags for tags in held], table.drum)
    assert found["labels"]["drum"]["roc_auc"] == pytest.approx(area, abs=1e-6)
    page = (run / "report.html").read_text()
    for text in (
        "STAND-IN",
        "Left out",
        "trance",
        "Clips with the lowest log-loss",
        "ROC-AUC by chance",
    ):
        assert text in page
    assert {"auc", "val_auc"} <= set(pd.read_csv(run / "history.csv").columns)


def test_evaluate_prints_every_tag_as_the_run_scored_it(command, tagged):
    _, run = tagged
    told = command("evaluate", run)
    assert told.code == 0, told.err
    found = Run(run).scores
    assert f"ROC-AUC   {found.metrics['mean_roc_auc'].score}" in told.out
    assert "left out, for no clip has them or all have: " in told.out
    assert all(f"\n{tag} " in told.out for tag in found.labels)


def test_runs_share_a_table_where_they_were_measured_alike(command, tagged, tmp_path):
    _, run = tagged
    better, other = tmp_path / "better", tmp_path / "other"
    shutil.copytree(run, better)
    shutil.copytree(run, other)
    found = json.loads((run / "scores.json").read_text())
    best = json.loads(json.dumps(found))
    best["metrics"]["mean_roc_auc"]["value"] = 0.99
    (better / "scores.json").write_text(json.dumps(best))
    told = command("compare", run, better)
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert "STAND-IN" in lines[0] and "12-1-3, merged tags, test n=12" in lines[0]
    assert lines[2].startswith(str(better)) and lines[3].startswith(str(run))
    provenance = found["provenance"] | {"protocol": "MagnaTagATune clean, top50 tags"}
    (other / "scores.json").write_text(json.dumps(found | {"provenance": provenance}))
    told = command("compare", run, better, other)
    assert (told.code, told.err.count("\n"), told.out) == (2, 1, "")
    assert "12-1-3, merged tags" in told.err and "clean, top50 tags" in told.err
    assert command("compare", run).code == 2


def test_protocols_of_the_set_are_never_put_side_by_side(command, tagged, tmp_path):
    arguments = (
        "--experiment",
        "magnatagatune_p2:raw_256_256",
        "--data",
        tagged[0],
        "--protocols",
        "12-1-3,all",
    )
    told = command("train", *arguments)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "never share a table" in told.err
    assert not (tmp_path / "runs").exists()


def test_a_search_scores_no_trial_of_another_protocol(tagged):
    experiment = load("magnatagatune_p2:raw_256_256").experiment
    read, load_splits = loaders(experiment, tagged[0], None)
    assert len(load_splits(experiment.data, experiment.frontend).test) == 12
    with pytest.raises(
        UserError, match="12-1-3, merged tags and MagnaTagATune all, .* never share a table"
    ):
        read(replace(experiment.data, split="all"))


def test_a_clip_that_breaks_during_training_is_one_line(command, tagged, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(tagged[0], root)
    clip = next((root / "magnatagatune" / "0").glob("*.npy"))
    samples = np.load(clip).ravel() / np.float32(32_768)
    samples[5] = np.nan
    np.save(clip, samples.astype(np.float32))
    told = command(
        "train",
        "--experiment",
        "magnatagatune_p2:raw_1024_1024",
        "--data",
        root,
        "--set",
        "fit.epochs=1",
    )
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert clip.name in told.err and "not numbers" in told.err
