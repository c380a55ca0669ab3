"""Settings of the user's machine: ~/.keras/keras.json, environment variables, no home."""

import json
import os
import subprocess
import sys

import pytest

BUILD = """
import math
import kerasaudio
from kerasaudio.training.backend import import_keras
import_keras()
import keras
from kerasaudio.experiment.catalogue import load
experiment = load("gtzan_cnn1d:gap").experiment
inputs = keras.Input(experiment.data.shape)
features = experiment.frontend(inputs, experiment.data.rate)
network = keras.Model(inputs, experiment.model(features, 3))
weights = sum(math.prod(weight.shape) for weight in network.trainable_weights)
config = keras.config
print(weights, network.dtype, config.floatx(), config.epsilon(), config.max_epochs())
"""
STANDARD = "169865 float32 float32 1e-07 None"


def python(script, folder, **variables):
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("KERAS", "XDG"))
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**kept, "HOME": str(folder), **variables},
    )


def write_keras_json(home, **settings):
    (home / ".keras").mkdir()
    standard = {"floatx": "float32", "epsilon": 1e-7, "backend": "tensorflow"}
    text = json.dumps({**standard, "image_data_format": "channels_last", **settings})
    (home / ".keras" / "keras.json").write_text(text)


@pytest.mark.parametrize("first", ["", "import keras\nkeras.layers.Dense(1)\n"])
def test_keras_json_changes_nothing(tmp_path, first):
    write_keras_json(tmp_path, floatx="float16", epsilon=1e-3, image_data_format="channels_first")
    done = python(first + BUILD, tmp_path, KERAS_BACKEND="tensorflow", KERAS_MAX_EPOCHS="1")
    assert done.stdout.strip() == STANDARD, done.stderr


def test_a_backend_in_keras_json_gives_way(tmp_path):
    write_keras_json(tmp_path, backend="jax")
    done = python(BUILD, tmp_path, KERAS_BACKEND="")
    assert done.stdout.strip() == STANDARD, done.stderr


def test_another_backend_is_one_line(tmp_path):
    script = """
import importlib
import kerasaudio
from kerasaudio.commandline import running
try:
    kerasaudio.load("gtzan_mlp")
except kerasaudio.errors.UserError as error:
    print("told", error)
running.run(importlib.import_module("kerasaudio.train").main, ["--experiment", "gtzan_mlp"])
"""
    done = python(script, tmp_path, KERAS_BACKEND="jax")
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("told Keras' backend is 'jax'")
    assert done.stderr.startswith("error: Keras' backend is 'jax'")
    assert (done.stdout.count("\n"), done.stderr.count("\n")) == (1, 1)


def test_keras_that_was_imported_with_another_backend_is_one_line(tmp_path):
    script = """
import sys, types
keras = types.ModuleType("keras")
keras.backend = types.SimpleNamespace(backend=lambda: "torch")
sys.modules["keras"] = keras
import kerasaudio
kerasaudio.train("gtzan_mlp")
"""
    done = python(script, tmp_path)
    assert "UserError: Keras' backend is 'torch'" in done.stderr.splitlines()[-1]


def test_keras_2_is_not_used(tmp_path):
    script = """
import kerasaudio
from kerasaudio.training.backend import import_keras
import_keras()
import tensorflow as tf
from tensorboard.plugins.hparams import api
print(tf.keras.__version__.split(".")[0])
"""
    done = python(script, tmp_path, TF_USE_LEGACY_KERAS="1")
    assert done.stdout.strip() == "3", done.stderr


def test_a_user_without_a_home_has_one_for_temporary_files(tmp_path):
    script = """
import os
del os.environ["HOME"]
os.getuid = lambda: 54321
import kerasaudio
from kerasaudio.commandline import options
print(options.cache_folder())
"""
    done = python(script, tmp_path, TMPDIR=str(tmp_path))
    assert done.stdout.strip() == f"{tmp_path}/kerasaudio-54321/.cache/kerasaudio", done.stderr
