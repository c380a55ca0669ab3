"""`export`, and `predict` for the rows of tables: the run's probabilities, one-line errors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from kerasaudio.data.audioset import AudioSetTarget
from kerasaudio.data.gtzan import FEATURES, GENRES
from kerasaudio.data.rows import rows_of
from kerasaudio.errors import UserError
from kerasaudio.runs.folder import open_run
from kerasaudio.serving import export as exporting
from kerasaudio.serving.predict import predict


@pytest.fixture(scope="module")
def run(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained run that may be changed."""
    return shutil.copytree(trained, tmp_path_factory.mktemp("export") / "run")


@pytest.fixture
def table(standin_root: Path, tmp_path: Path) -> Path:
    return shutil.copy(standin_root / "gtzan" / "features_30_sec.csv", tmp_path / "table.csv")


def test_the_exported_model_needs_tensorflow_alone_and_gives_the_runs_scores(
    command, run, table, tmp_path
):
    outcome = command("export", run)
    assert outcome.code == 0, outcome.err
    facts = json.loads((run / "saved_model" / "model.json").read_text())
    assert facts["largest_difference"] <= 1e-6
    assert facts["provenance"]["synthetic"] is True
    elsewhere = shutil.copytree(run / "saved_model", tmp_path / "elsewhere")
    script = (
        "import sys\n"
        "import tensorflow as tf, pandas as pd, json\n"
        "model = tf.saved_model.load('elsewhere')\n"
        "columns = json.load(open('elsewhere/model.json'))['inputs']['columns']\n"
        "labels = open('elsewhere/labels.txt').read().split()\n"
        "rows = pd.read_csv('table.csv')\n"
        "inputs = tf.constant(rows[columns].to_numpy('float32'))\n"
        "scores = model.signatures['serving_default'](inputs=inputs)['scores'].numpy()\n"
        "pd.DataFrame(scores, columns=labels, index=rows.filename).to_csv('scores.csv')\n"
        "assert not any(name.startswith('kerasaudio') for name in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "labels.txt").read_text().split() == list(GENRES)
    scores = pd.read_csv(tmp_path / "scores.csv", index_col=0)
    predicted = pd.read_csv(run / "predictions.csv", index_col=0)
    np.testing.assert_allclose(scores.loc[predicted.index], predicted[list(GENRES)], atol=1e-6)


def test_the_thresholds_of_labels_stand_in_model_json(run):
    found = json.loads((run / "scores.json").read_text())
    found["thresholds"] = {"jazz": {"value": 0.3}, "rock": {"value": 0.6}}
    (run / "scores.json").write_text(json.dumps(found))
    folder = exporting.export(open_run(run)).folder
    facts = json.loads((folder / "model.json").read_text())
    assert facts["thresholds"] == {"jazz": 0.3, "rock": 0.6}


def test_a_model_of_bytes_is_exported_and_gives_the_runs_scores(command, tmp_path):
    outcome = command("train", "--experiment", "audioset_speech:linear", "--set", "fit.epochs=1")
    assert outcome.code == 0, outcome.err
    (run,) = (tmp_path / "runs").glob("audioset_speech-linear-*")
    outcome = command("export", run)
    assert outcome.code == 0, outcome.err
    assert json.loads((run / "saved_model" / "model.json").read_text())["thresholds"] == {
        "speech": 0.5
    }
    examples = AudioSetTarget().load(tmp_path / "runs" / "standin").test
    frames = rows_of(examples).astype(np.float32)
    model = tf.saved_model.load(run / "saved_model")
    scores = model.signatures["serving_default"](inputs=tf.constant(frames))["scores"].numpy()
    predicted = pd.read_csv(run / "predictions.csv")
    assert list(predicted.id) == list(examples.ids)
    np.testing.assert_allclose(scores, predicted[["other", "speech"]], atol=1e-6)


def test_predict_writes_a_row_per_input(command, run, table, tmp_path):
    outcome = command("predict", run, table, "--out", tmp_path / "out.csv")
    assert outcome.code == 0, outcome.err
    out = pd.read_csv(tmp_path / "out.csv")
    assert list(out.filename) == list(pd.read_csv(table).filename)
    expected = pd.read_csv(run / "predictions.csv").set_index("id")
    out = out.set_index("filename").loc[expected.index]
    assert (out.prediction == expected.prediction).all()
    np.testing.assert_allclose(out.probability, expected[list(GENRES)].max(axis=1), atol=1e-6)


def test_predict_needs_the_features_alone_in_any_order(command, run, table, tmp_path):
    rows = pd.read_csv(table)
    rows[list(FEATURES)[::-1]].assign(mood="sad").head(3).to_csv(table, index=False)
    outcome = command("predict", run, table)
    lines = outcome.out.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["filename", "1", "2", "3"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda rows: rows.drop(columns=["tempo", "rms_var"]),
            "lacks 2 of the 57 feature columns: rms_var, tempo",
        ),
        (lambda rows: rows.assign(tempo="?"), "line 2, column tempo: found '?'"),
        (lambda rows: rows.head(0), "has no rows"),
    ],
)
def test_predict_refuses_a_bad_table(command, run, table, tmp_path, change, message):
    change(pd.read_csv(table, dtype=str)).to_csv(table, index=False)
    outcome = command("predict", run, table, "--out", tmp_path / "out.csv")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert message in outcome.err
    assert not (tmp_path / "out.csv").exists()


def test_predict_refuses_a_damaged_export(command, run, table, tmp_path):
    command("export", run)
    broken = shutil.copytree(run / "saved_model", tmp_path / "broken")
    (broken / "saved_model.pb").write_bytes(b"no model")
    outcome = command("predict", broken, table)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "could not be read as a SavedModel" in outcome.err


def test_a_folder_that_says_stamp_stays_usable(command, run, table, tmp_path):
    command("export", run)
    earlier = shutil.copytree(run / "saved_model", tmp_path / "earlier")
    facts = json.loads((earlier / "model.json").read_text())
    facts["stamp"] = facts.pop("provenance")
    (earlier / "model.json").write_text(json.dumps(facts))
    told, expected = command("predict", earlier, table), command("predict", run, table)
    assert told.code == 0, told.err
    assert told.out == expected.out
    assert "STAND-IN" in told.err


@pytest.mark.parametrize("thresholds", [3, ["jazz"], {"jazz": "0.3"}, {"polka": 0.3}])
def test_damaged_thresholds_are_one_line(command, run, table, tmp_path, thresholds):
    command("export", run)
    broken = shutil.copytree(run / "saved_model", tmp_path / "broken")
    facts = json.loads((broken / "model.json").read_text())
    (broken / "model.json").write_text(json.dumps(facts | {"thresholds": thresholds}))
    outcome = command("predict", broken, table)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "model.json is missing or damaged" in outcome.err


@pytest.mark.parametrize("text", ["{", "3", "{}"])
def test_a_damaged_model_json_is_one_line(command, run, table, tmp_path, text):
    command("export", run)
    broken = shutil.copytree(run / "saved_model", tmp_path / "broken")
    (broken / "model.json").write_text(text)
    outcome = command("predict", broken, table)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "model.json is missing or damaged" in outcome.err


@pytest.mark.parametrize("names", ["labels", "columns"])
def test_a_model_json_that_names_too_little_is_one_line(command, run, table, tmp_path, names):
    command("export", run)
    broken = shutil.copytree(run / "saved_model", tmp_path / "broken")
    facts = json.loads((broken / "model.json").read_text())
    (facts if names == "labels" else facts["inputs"])[names].pop()
    (broken / "model.json").write_text(json.dumps(facts))
    outcome = command("predict", broken, table)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "export" in outcome.err


def test_the_function_gives_what_the_command_prints(command, run, table):
    told = command("predict", run, table, table)
    assert predict(str(run), [str(table), table]).to_csv(index=False) == told.out
    with pytest.raises(UserError, match="nothing to predict"):
        predict(run, [])


def test_two_exports_at_once_do_not_harm_each_other(run, table, monkeypatch):
    """The second one begins and ends while the first one is at work."""
    measure, others = exporting.largest_difference, []

    def meanwhile(*arguments):
        if not others:
            others.append(None)
            others.append(exporting.export(open_run(run)))
        return measure(*arguments)

    monkeypatch.setattr(exporting, "largest_difference", meanwhile)
    first = exporting.export(open_run(run))
    assert first == others[1]
    assert len(predict(first.folder, table)) == len(pd.read_csv(table))
    assert not list(run.glob(".partial-*"))


def test_a_run_that_cannot_be_written_to_answers_all_the_same(
    trained, table, tmp_path, monkeypatch
):
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    shutil.rmtree(run / "saved_model", ignore_errors=True)
    before = sorted(run.rglob("*"))
    monkeypatch.setattr(exporting.os, "access", lambda *_: False)
    assert len(predict(run, table)) == len(pd.read_csv(table))
    assert sorted(run.rglob("*")) == before


def test_a_failed_export_leaves_what_was_there(run, monkeypatch):
    folder = exporting.export(open_run(run)).folder
    before = (folder / "model.json").stat().st_mtime_ns
    for difference in (1.0, float("nan")):
        monkeypatch.setattr(exporting, "largest_difference", lambda *_, d=difference: d)
        with pytest.raises(UserError, match="differs"):
            exporting.export(open_run(run))
    assert (folder / "model.json").stat().st_mtime_ns == before
    assert not list(run.glob(".partial-*"))
