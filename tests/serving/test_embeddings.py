"""Predictions for AudioSet's record files."""

import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.audioset import AudioSetTarget
from kerasaudio.data.records.records import frame
from kerasaudio.data.standins import standin
from kerasaudio.data.standins.audioset_standin import example
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.runs.train import train
from kerasaudio.serving.predict import predict


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("audioset")
    standin.write_marker(root)
    AudioSetTarget().write_standin(root)
    return root


def trained_on(root, folder, name, *settings):
    experiment = override(load(f"audioset_speech:{name}").experiment, *settings)
    return train(experiment, name, root, folder / name).path


@pytest.fixture(scope="module")
def linear(root, tmp_path_factory):
    """The run of a network of two labels."""
    return trained_on(root, tmp_path_factory.mktemp("runs"), "linear", "fit.epochs=2")


@pytest.fixture(scope="module")
def attention(root, tmp_path_factory):
    """The run of a network of 527 labels."""
    small = ("fit.epochs=1", "model.size=1", "model.network.clip_units=16")
    return trained_on(root, tmp_path_factory.mktemp("runs"), "attention", *small)


def whole(found, run):
    """The rows of the clips that were scored, in the order of predictions.csv."""
    scored = pd.read_csv(run / "predictions.csv")
    return found.set_index("id").loc[scored.id].reset_index(), scored


def test_few_labels_have_a_column_each(linear, root):
    found, scored = whole(predict(linear, root / "audioset" / "eval"), linear)
    assert list(found.columns) == ["id", "prediction", "probability", "other", "speech"]
    np.testing.assert_allclose(found[["other", "speech"]], scored[["other", "speech"]], atol=1e-6)
    assert (found.probability == found[["other", "speech"]].max(axis=1)).all()


def test_of_many_labels_the_target_and_the_first_few_are_told(attention, root, command):
    folder = root / "audioset" / "eval"
    all_of_them = predict(attention, folder)
    classes = [f"{each}_{n}" for n in range(1, 6) for each in ("class", "probability")]
    assert list(all_of_them.columns) == ["id", "Speech", *classes]
    probabilities = all_of_them[classes[1::2]].to_numpy()
    assert (np.diff(probabilities, axis=1) <= 0).all()
    first = all_of_them.class_1 == "Speech"
    assert (all_of_them.Speech[first] == all_of_them.probability_1[first]).all()
    assert (all_of_them.Speech <= all_of_them.probability_1).all()

    one = sorted(folder.glob("*.tfrecord"))[0]
    outcome = command("predict", attention, one, "--top", 2, "--out", "out.csv")
    assert outcome.code == 0, outcome.err
    found = pd.read_csv("out.csv")
    assert list(found.columns) == ["id", "Speech", *classes[:4]]
    assert list(found.id) == list(all_of_them.id[: len(found)])
    np.testing.assert_allclose(found.Speech, all_of_them.Speech[: len(found)], rtol=1e-5)


def test_bad_records_are_passed_over_and_told(linear, command, tmp_path):
    frames = np.full((3, 128), 7, np.uint8)  # a clip of three seconds
    good = frame(example("short", [0], frames))
    (tmp_path / "odd.tfrecord").write_bytes(good + frame(b"no example") + good[:-1])
    outcome = command("predict", linear, tmp_path / "odd.tfrecord")
    assert outcome.code == 0
    assert [line.split(",")[0] for line in outcome.out.splitlines()] == ["id", "short"]
    assert "passed over 2 bad records (odd.tfrecord, byte " in outcome.err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("song.wav", b"", "song.wav is no .tfrecord file"),
        ("bad.tfrecord", b"rubbish", "has no good record of AudioSet's features: 1 bad records"),
        ("none.tfrecord", None, "none.tfrecord could not be read: No such file"),
        ("empty", "folder", "empty has no *.tfrecord files"),
    ],
)
def test_what_is_no_record_is_one_line(linear, command, tmp_path, name, content, message):
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    outcome = command("predict", linear, tmp_path / name)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert message in outcome.err


def test_top_is_for_embeddings(command, trained, tmp_path):
    outcome = command("predict", trained, tmp_path, "--top", 3)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "top is for embeddings" in outcome.err


def test_windows_are_not_for_embeddings(command, linear, root):
    outcome = command("predict", linear, root, "--windows")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "is a model of embeddings: windows, hops, timelines and events" in outcome.err
