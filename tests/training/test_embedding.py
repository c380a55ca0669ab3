"""Embeddings of small SavedModels, one of each calling convention."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import resample

from kerasaudio.errors import UserError
from kerasaudio.experiment import Fit, serialization
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.frontends.embedding import Embedding
from kerasaudio.models.frame_average import FrameAverage
from kerasaudio.training import precompute
from kerasaudio.training.cache import Cache
from kerasaudio.training.checkpoint import load_model
from kerasaudio.training.embedding_layer import EmbeddingLayer, resampled
from kerasaudio.tuning.stacks.stackable import member

RATE = 22_050


class Frames(tf.Module):
    """YAMNet's way: one waveform; scores, embeddings and a spectrogram of each 0.48 s."""

    def __init__(self, single=False):
        self.factors = tf.Variable([1.0, 2.0, 3.0])
        self.single = single

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, waveform):
        frames = tf.signal.frame(waveform, 15_600, 7_680, pad_end=True)
        power = tf.reduce_mean(frames**2, axis=1, keepdims=True)
        embeddings = power * self.factors
        if self.single:
            return embeddings
        return tf.zeros_like(frames[:, :5]), embeddings, frames[:, :64]


class Windows(tf.Module):
    """BirdNET's and Perch's way: a batch of windows of a fixed length, in signatures."""

    def __init__(self, samples):
        self.factor = tf.Variable(2.0)
        self.spec = tf.TensorSpec([None, samples], tf.float32)

    def power(self, inputs):
        return self.factor * tf.reduce_mean(inputs**2, axis=1, keepdims=True) * tf.ones((1, 4))

    def signature(self, **outputs):
        return tf.function(
            lambda inputs: {name: make(inputs) for name, make in outputs.items()},
            input_signature=[self.spec],
        ).get_concrete_function()


def birdnet(path):
    module = Windows(144_000)
    signatures = {
        "basic": module.signature(scores=lambda inputs: inputs[:, :6]),
        "embeddings": module.signature(embeddings=module.power),
    }
    tf.saved_model.save(module, str(path), signatures)


def perch(path, names=("output_0", "output_1")):
    module = Windows(160_000)
    made = dict(zip(names, (lambda inputs: inputs[:, :6], module.power), strict=True))
    tf.saved_model.save(module, str(path), {"serving_default": module.signature(**made)})


KINDS = {
    "yamnet": lambda path: tf.saved_model.save(Frames(), str(path)),
    "vggish": lambda path: tf.saved_model.save(Frames(single=True), str(path)),
    "birdnet": birdnet,
    "perch": perch,
    "perch_named": lambda path: perch(path, ("label", "embedding")),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    for name, save in KINDS.items():
        save(root / name)
    return root


@pytest.fixture
def sound():
    return np.random.default_rng(0).uniform(-0.5, 0.5, (3, 5 * RATE)).astype(np.float32)


def layer(path, **said):
    values = {"rate": None, "window": None, "signature": None, "output": None, **said}
    return EmbeddingLayer(str(path), RATE, **values)


def power(sound, window, starts):
    """Mean power of windows, of shape `(sounds, windows, 1)`."""
    each = [(sound[:, start : start + window] ** 2).mean(axis=1) for start in starts]
    return np.stack(each, axis=1)[..., None]


@pytest.mark.parametrize(
    ("kind", "rate", "window", "starts", "factors"),
    [
        ("yamnet", 16_000, 15_600, range(0, 80_000 - 15_600 + 1, 7_680), (1, 2, 3)),
        ("vggish", 16_000, 15_600, range(0, 80_000 - 15_600 + 1, 7_680), (1, 2, 3)),
        ("birdnet", 48_000, 144_000, (0, 96_000), (2, 2, 2, 2)),
        ("perch", 32_000, 160_000, (0,), (2, 2, 2, 2)),
        ("perch_named", 32_000, 160_000, (0,), (2, 2, 2, 2)),
    ],
)
def test_each_convention_is_understood(saved, sound, kind, rate, window, starts, factors):
    own = layer(saved / kind)
    found = np.asarray(own(sound))
    at_rate = resample(sound, round(sound.shape[1] * rate / RATE), axis=1)
    expected = power(at_rate, window, starts) * np.array(factors)
    np.testing.assert_allclose(found[:, : len(starts)], expected, rtol=1e-3)
    assert own.compute_output_shape((None, 5 * RATE))[1:] == found.shape[1:]
    assert own.weights == []


@pytest.mark.parametrize("rates", [(22_050, 16_000), (8_000, 16_000), (16_000, 8_000), (100, 30)])
@pytest.mark.parametrize("samples", [1000, 1001])
def test_resampling_is_that_of_scipy(rates, samples):
    sound = np.random.default_rng(0).normal(size=(2, samples)).astype(np.float32)
    expected = resample(sound, round(samples * rates[1] / rates[0]), axis=1)
    np.testing.assert_allclose(resampled(sound, *rates), expected, atol=1e-4)


def test_a_short_sound_is_followed_by_silence(saved):
    sound = np.full((1, RATE), 0.5, np.float32)
    found = np.asarray(layer(saved / "birdnet")(sound))
    assert found.shape == (1, 1, 4)
    np.testing.assert_allclose(found, 2 * 0.25 / 3, rtol=0.01)


def test_what_is_said_goes_before_what_is_read(saved, sound):
    scores = layer(saved / "birdnet", signature="basic", output="scores")(sound)
    assert scores.shape == (3, 2, 6)
    pieces = layer(saved / "yamnet", rate=RATE, window=RATE, output="0")(sound)
    assert pieces.shape == (3, 5 * 3, 5)


@pytest.mark.parametrize(
    ("kind", "said", "told"),
    [
        ("nowhere", {}, "There is no SavedModel in .*nowhere: expected a folder"),
        ("birdnet", {"signature": "x"}, "no signature 'x': its signatures are basic, embeddings"),
        ("birdnet", {"output": "x"}, "has no output 'x': set frontend.output to one of embeddings"),
        ("birdnet", {"window": 9}, "takes 144000 samples: frontend.window is 9"),
        ("odd", {}, "does not tell their rate: set frontend.rate"),
        ("two", {}, "has several outputs: set frontend.output to one of left, right"),
        ("images", {}, r"takes float32 \(None, 8, 8, 3\) in serving_default"),
        ("broken", {}, "could not be read as a SavedModel"),
    ],
)
def test_what_is_not_understood_is_one_line(saved, sound, tmp_path, kind, said, told):
    path = saved / kind
    module = Windows(777)
    if kind == "odd":
        path = tmp_path / kind
        one = module.signature(embedding=module.power)
        tf.saved_model.save(module, str(path), {"serving_default": one})
    if kind == "two":
        path = tmp_path / kind
        perch(path, ("left", "right"))
    if kind == "images":
        path = tmp_path / kind
        module.spec = tf.TensorSpec([None, 8, 8, 3], tf.float32)
        one = module.signature(output=lambda inputs: inputs)
        tf.saved_model.save(module, str(path), {"serving_default": one})
    if kind == "broken":
        path = tmp_path / kind
        path.mkdir()
        (path / "saved_model.pb").write_bytes(b"no model")
    with pytest.raises(UserError, match=told):
        layer(path, **said)(sound)


@pytest.fixture
def experiment(saved):
    value = adjusted(
        load("gtzan_cnn1d:gap").experiment, ["data.windows=1", "data.window_samples=33075"], None
    )
    fit = Fit(epochs=2, batch_size=32)
    front = Embedding(str(saved / "yamnet"))
    return replace(value, frontend=front, model=FrameAverage(), fit=fit)


def test_embeddings_are_computed_once_for_each_content(
    experiment, saved, sounding, tmp_path, capsys
):
    cache = Cache(tmp_path / "cache", 10**9)
    splits = precompute.load_splits(experiment, sounding, cache)
    assert splits.train.precomputed == "embedding"
    assert "embedding of 80 clips, 80 computed now" in capsys.readouterr().out
    moved = tmp_path / "moved" / "yamnet"
    moved.mkdir(parents=True)
    for file in (saved / "yamnet").rglob("*"):
        target = moved / file.relative_to(saved / "yamnet")
        target.mkdir() if file.is_dir() else target.write_bytes(file.read_bytes())
    precompute.load_splits(replace(experiment, frontend=Embedding(str(moved))), sounding, cache)
    assert "0 computed now" in capsys.readouterr().out
    other = replace(experiment, frontend=Embedding(str(saved / "vggish")))
    precompute.load_splits(other, sounding, cache)
    assert "80 computed now" in capsys.readouterr().out
    assert member(experiment) is None
    assert serialization.decode(serialization.encode(experiment)) == experiment


def test_reading_a_model_runs_nothing_of_its_saved_model(sound, tmp_path, monkeypatch):
    class Marks(Frames):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, waveform):
            tf.io.write_file(str(tmp_path / "mark"), "")
            return tf.signal.frame(waveform, 100, 100)

    tf.saved_model.save(Marks(), str(tmp_path / "marks"))
    inputs = keras.Input((5 * RATE,))
    keras.Model(inputs, layer(tmp_path / "marks")(inputs)).save(tmp_path / "best.keras")
    (tmp_path / "mark").unlink()
    monkeypatch.setattr(tf.saved_model, "load", None)
    model = load_model(tmp_path / "best.keras")
    assert model.output_shape == (None, 800, 100) and not (tmp_path / "mark").exists()
    monkeypatch.undo()
    assert model(sound).shape == (3, 800, 100) and (tmp_path / "mark").exists()
    with pytest.raises(UserError, match="lacks their shape"):
        EmbeddingLayer(str(tmp_path / "marks"), RATE, content=model.layers[1].content)


def test_a_run_with_embeddings_is_trained_scored_and_exported(
    command, experiment, saved, sounding, tmp_path
):
    yamnet = shutil.copytree(saved / "yamnet", tmp_path / "yamnet")
    own = tmp_path / "own.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "from kerasaudio.experiment import Fit\n"
        "from kerasaudio.frontends.embedding import Embedding\n"
        "from kerasaudio.models.frame_average import FrameAverage\n"
        "plain = load('gtzan_cnn1d:gap').experiment\n"
        f"front = Embedding({str(yamnet)!r})\n"
        "data = replace(plain.data, windows=1, window_samples=33075)\n"
        "fit = Fit(epochs=2)\n"
        "experiment = replace(plain, data=data, frontend=front, model=FrameAverage(), fit=fit)\n"
    )
    told = command("train", "--experiment", own, "--data", sounding, "--cache", tmp_path / "c")
    assert told.code == 0, told.err
    run = Path("runs/own-001")
    assert command("evaluate", run, "--cache-limit", "0").code == 0
    told = command("export", run)
    assert told.code == 0, told.err
    facts = json.loads((run / "saved_model" / "model.json").read_text())
    assert facts["largest_difference"] < 1e-5
    assert command("predict", run, next(sounding.rglob("*.wav"))).code == 0
    variables = yamnet / "variables" / "variables.index"
    variables.write_bytes(variables.read_bytes() + b" ")
    told = command("evaluate", run, "--cache-limit", "0")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "another SavedModel than the one that was trained with" in told.err
