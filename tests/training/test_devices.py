"""One model on two devices: the numbers of one device, exact resuming, and what is refused.

A process has as many logical devices as it began with, so one of its own trains all models.
"""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import json, sys, tempfile
from dataclasses import dataclass, replace
from pathlib import Path
import kerasaudio
from kerasaudio.training.backend import import_keras
import_keras()
import keras
import numpy as np
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from kerasaudio.data.audioset import AudioSetTags
from kerasaudio.experiment import MultiLabel
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.models.embedding_attention import EmbeddingAttention
from kerasaudio.training.assemble import assemble
from kerasaudio.training.checkpoint import Checkpoint
from kerasaudio.training.devices import training_on
from kerasaudio.training.fit import fit
from kerasaudio.training.inference import predict
from kerasaudio.training.precompute import load_splits

root = Path(sys.argv[1])

@dataclass(frozen=True)
class Tags(AudioSetTags):
    @property
    def task(self):
        return MultiLabel()

def trained(devices, experiment, **options):
    splits = load_splits(experiment, root)
    with training_on(devices):
        model = assemble(experiment, splits.train)
        rows = fit(model, experiment, splits, **options)
        return rows, model.get_weights(), predict(model, splits.test)

def compared(experiment):
    one, two = (trained(devices, experiment) for devices in (None, 2))
    weights = max(float(abs(a - b).max()) for a, b in zip(one[1], two[1], strict=True))
    return {"history": (one[0], two[0]), "weights": weights,
            "predictions": float(abs(one[2] - two[2]).max())}

class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1 and np.asarray(self.model.optimizer.iterations) > 20:
            raise KeyboardInterrupt

def resumed(experiment):
    unbroken = trained(2, experiment)
    with tempfile.TemporaryDirectory() as folder, training_on(2):
        splits = load_splits(experiment, root)
        model = assemble(experiment, splits.train)
        try:
            fit(model, experiment, splits, Checkpoint(Path(folder), model), callbacks=[Stop()])
        except KeyboardInterrupt as stop:
            told = str(stop)
        model = assemble(experiment, splits.train)
        rows = fit(model, experiment, splits, Checkpoint(Path(folder), model))
    return {"told": told, "history": (unbroken[0], rows)}

mlp = override(load("gtzan_mlp").experiment, "fit.epochs=2", "model.dropout=0,0,0")
linear = override(load("audioset_speech:linear").experiment, "fit.epochs=1")
plain = EmbeddingAttention((32,), heads=2, clip_units=16, input_dropout=0.0, dropout=0.0)
plain = override(replace(linear, model=plain), "fit.batch_size=63")
dropping = override(plain, "model.dropout=0.3", "model.input_dropout=0.1", "fit.epochs=2")
found = {
    "equal parts": compared(mlp),
    "unequal parts": compared(override(mlp, "fit.batch_size=37", "fit.class_weights=balanced")),
    "tags": compared(replace(linear, data=Tags())),
    "batch": compared(override(plain, "fit.sync_batch_norm=True")),
    "device": compared(plain),
    "resumed": resumed(dropping),
}
alone, xla = ["fit.batch_size=559"], ["fit.deterministic=False", "fit.jit_compile=True"]
for name, fields in {"alone": alone, "xla": xla}.items():
    try:
        trained(2, override(mlp, *fields))
    except kerasaudio.errors.UserError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    from kerasaudio.data.standins import standin
    from kerasaudio.experiment.catalogue import load

    root = tmp_path_factory.mktemp("standin")
    standin.write_marker(root)
    for name in ("gtzan_mlp", "audioset_speech:linear"):
        load(name).experiment.data.write_standin(root)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, root], capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def largest(found, names):
    one, two = found["history"]
    return max(abs(a[name] - b[name]) for a, b in zip(one, two, strict=True) for name in names)


@pytest.mark.parametrize("parts", ["equal parts", "unequal parts", "tags"])
def test_two_devices_give_the_weights_and_metrics_of_one(found, parts):
    case = found[parts]
    assert case["weights"] < 5e-7
    assert case["predictions"] < 5e-7
    names = case["history"][0][0].keys() - {"loss"}
    assert largest(case, names) < 1e-6


def test_the_loss_is_that_of_one_device_where_parts_are_equal(found):
    assert largest(found["equal parts"], ["loss"]) < 1e-6
    assert largest(found["unequal parts"], ["loss"]) < 0.01


def test_metrics_of_many_labels_are_those_of_one_device(found):
    assert {"auc", "val_auc"} <= found["tags"]["history"][0][0].keys()


def test_synchronized_batch_norm_is_that_of_one_device(found):
    assert found["batch"]["predictions"] < 1e-3 < found["device"]["predictions"]


def test_going_on_is_exact(found):
    assert "are saved" in found["resumed"]["told"]
    unbroken, rows = found["resumed"]["history"]
    assert rows == unbroken


def test_xla_is_for_one_device(found):
    assert found["xla"] == "fit.jit_compile is for one device: leave it or --devices out."


def test_a_batch_that_leaves_a_device_without_an_example_is_refused(found):
    assert found["alone"] == (
        "560 training examples in batches of 559 leave 1 for a batch, and there are 2 devices: "
        "set another fit.batch_size."
    )


def test_more_devices_than_there_are_is_one_line(command, standin_root):
    outcome = command("train", "--experiment", "gtzan_mlp", "--devices", "64")
    assert outcome.code == 2
    assert outcome.err.startswith("error: --devices 64: TensorFlow has ")
    assert "`search --cluster`" in outcome.err


def test_several_machines_are_one_line(command, monkeypatch):
    machines = {"worker": ["first:1", "second:1"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": machines}))
    outcome = command("train", "--experiment", "gtzan_mlp")
    assert outcome.code == 2
    assert outcome.err.startswith("error: TF_CONFIG names several machines: one model trains on")


def test_a_number_of_devices_is_a_number_or_all(command):
    outcome = command("train", "--experiment", "gtzan_mlp", "--devices", "first:1,second:1")
    assert outcome.code == 2
    assert "neither all nor a whole number" in outcome.err


def test_all_devices_are_one_where_there_is_one(command, standin_root, tmp_path):
    arguments = ["--experiment", "gtzan_mlp", "--set", "fit.epochs=1", "--data", standin_root]
    outcome = command("train", *arguments, "--devices", "all", "--runs", tmp_path)
    assert outcome.code == 0, outcome.err
    assert "devices   " in outcome.out


CARDS = [("NVIDIA GeForce RTX 5090", (12, 0)), ("NVIDIA B200", (10, 0)), ("NVIDIA H100", (9, 0))]


@pytest.mark.parametrize("name, capability", CARDS)
def test_doctor_names_a_card_that_tensorflow_has_no_kernels_for(
    command, monkeypatch, sounding, name, capability
):
    import tensorflow as tf

    details = {"device_name": name, "compute_capability": capability}
    built = {"cuda_compute_capabilities": ["sm_60", "sm_89", "compute_90"]}
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: built)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [name])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: details)
    outcome = command("doctor", "gtzan", "--data", sounding)
    told = [line for line in outcome.out.splitlines() if line.startswith("! GPU")]
    assert len(told) == (capability > (9, 9))
    assert all(name in line and "kernels up to 9.x" in line for line in told)


def test_a_process_takes_no_more_of_a_gpu_than_it_needs():
    script = "import os; import kerasaudio; print(os.environ['TF_FORCE_GPU_ALLOW_GROWTH'])"
    for variables, expected in (({}, "true"), ({"TF_FORCE_GPU_ALLOW_GROWTH": "false"}, "false")):
        kept = {n: v for n, v in os.environ.items() if n != "TF_FORCE_GPU_ALLOW_GROWTH"}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=kept | variables
        )
        assert done.stdout.strip() == expected, done.stderr
