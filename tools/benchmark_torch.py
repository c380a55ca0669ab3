"""Measures a training step of the 21 networks of genres in Keras and of the same ones in PyTorch.

    python tools/benchmark_torch.py --torch VENV/bin/python [--only cnn1d:gap,...]
    XLA_PYTHON_CLIENT_PREALLOCATE=false KERAS_BACKEND=jax \\
        python tools/benchmark_torch.py --torch python --precision mixed_bfloat16

A step is one of Keras' `fit` over arrays in memory, and of a plain PyTorch loop over the same ones;
both begin behind the front end, with Adam and batches as large as the experiment's. The networks in
PyTorch get Keras' weights; how far their outputs are apart is in units of the largest. Any backend
of Keras will do. VENV is an environment that has torch and numpy. Times are medians of epochs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np

from kerasaudio.models import cnn1d, cnn2d, rcnn, sample_cnn

FAMILIES = {"cnn1d": cnn1d, "cnn2d": cnn2d, "rcnn": rcnn, "sample_cnn": sample_cnn}
LABELS, LEARNING_RATE = 10, 0.005
KEPT = (  # what PyTorch's layers need to know of Keras'
    *("filters", "kernel_size", "strides", "padding", "pool_size", "rate", "activation"),
    *("target_shape", "return_sequences", "negative_slope"),
)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--torch", type=Path, metavar="PYTHON", required=True)
    options.add_argument("--only", metavar="NAMES")
    options.add_argument("--precision", default="float32", choices=["float32", "mixed_bfloat16"])
    options.add_argument("--compiled", action="store_true", help="PyTorch compiles its networks")
    options.add_argument("--steps", type=int, default=20, help="an epoch (%(default)s)")
    options.add_argument("--epochs", type=int, default=5, help="after the first (%(default)s)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        ours = {}
        for name in networks(chosen.only):
            ours[name] = keras_step(name, folder, chosen)
            print(f"{name} {1e3 * ours[name][1]:.2f} ms", file=sys.stderr, flush=True)
        settings = (chosen.precision, chosen.steps, chosen.epochs, int(chosen.compiled))
        command = [chosen.torch, Path(__file__).with_name("networks_in_torch.py"), folder]
        done = subprocess.run(
            [str(part) for part in (*command, *settings)], check=True, stdout=subprocess.PIPE
        )
    theirs = json.loads(done.stdout.splitlines()[-1])
    backend = f"Keras {keras.__version__} on {keras.config.backend()}"
    print(f"{chosen.precision}, {backend} and {theirs.pop('about')}")
    print(f"{'network':18}{'batch':>6}{'Keras, ms':>11}{'PyTorch, ms':>13}{'ratio':>7}{'apart':>9}")
    for name, (size, seconds) in ours.items():
        other = theirs[name]
        print(
            f"{name:18}{size:6}{1e3 * seconds:11.2f}{1e3 * other['seconds']:13.2f}"
            f"{other['seconds'] / seconds:7.2f}{other['difference']:9.1e}"
        )
    ratios = [theirs[name]["seconds"] / seconds for name, (_, seconds) in ours.items()]
    print(f"median ratio {median(ratios):.2f}: above 1, Keras is the faster one")


def networks(only: str | None) -> list[str]:
    every = [
        f"{family}:{variant}" for family, module in FAMILIES.items() for variant in module.VARIANTS
    ]
    return only.split(",") if only else every


def shape_and_batch_size(name: str) -> tuple[tuple[int, int], int]:
    """What experiments/gtzan_*.py give the network: 2.8 s of samples, or frames and bands."""
    if name.startswith(("sample_cnn", "rcnn:raw")):
        return (61_740, 1), 8
    if name.startswith("cnn1d") and name not in ("cnn1d:alexnet", "cnn1d:vgg16"):
        return (152, 128), 64
    return (304, 128), 30 if name == "rcnn:two_d" or name.startswith("cnn2d") else 64


def keras_step(name: str, folder: Path, chosen: argparse.Namespace) -> tuple[int, float]:
    """Writes the network for PyTorch; returns its batch size and the seconds of a step."""
    family, _, variant = name.partition(":")
    shape, size = shape_and_batch_size(name)
    keras.utils.set_random_seed(0)
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()  # as every training has it
    keras.config.set_dtype_policy(chosen.precision)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, FAMILIES[family].VARIANTS[variant](inputs, LABELS))
    random = np.random.default_rng(0)
    x = random.normal(size=(size * chosen.steps, *shape)).astype(np.float32)
    y = (np.arange(len(x)) % LABELS).astype(np.int32)
    describe(model, x[:size], folder / name)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    epochs = Epochs()
    model.fit(
        x,
        y,
        batch_size=size,
        epochs=chosen.epochs + 1,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=epochs, on_epoch_end=epochs)],
    )
    keras.backend.clear_session(free_memory=True)
    return size, median(epochs.seconds()[1:]) / chosen.steps


class Epochs:
    """Notes the time when an epoch begins and when it ends."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, epoch: int, logs: object = None) -> None:
        self.times.append(time.perf_counter())

    def seconds(self) -> list[float]:
        return [end - start for start, end in zip(self.times[::2], self.times[1::2], strict=True)]


def describe(model: Any, batch: np.ndarray, path: Path) -> None:
    """Writes layers, weights, a batch and its logits, which need no Keras to be read."""
    layers, arrays = [], {"batch": batch, "logits": np.float32(model.predict(batch, verbose=0))}
    for number, layer in enumerate(model.layers[1:]):
        config = {key: value for key, value in layer.get_config().items() if key in KEPT}
        layers.append({"class": type(layer).__name__, "shape": layer.input.shape[1:], **config})
        for index, weight in enumerate(layer.get_weights()):
            arrays[f"{number}.{index}"] = np.asarray(weight, np.float32)
    path.with_suffix(".json").write_text(json.dumps(layers))
    np.savez(path.with_suffix(".npz"), **arrays)


if __name__ == "__main__":
    sys.exit(main())
