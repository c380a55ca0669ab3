"""Compares two logical devices of the processor with one: time of a step, weights after an epoch.

python tools/compare_devices.py --data ROOT
python tools/compare_devices.py --data ROOT --set fit.deterministic=False
"""

import argparse
import time
from pathlib import Path

from kerasaudio.training.backend import import_keras

import_keras()
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from kerasaudio.experiment.catalogue import load  # noqa: E402
from kerasaudio.experiment.overrides import override  # noqa: E402
from kerasaudio.training.assemble import assemble  # noqa: E402
from kerasaudio.training.devices import training_on  # noqa: E402
from kerasaudio.training.fit import fit  # noqa: E402
from kerasaudio.training.pipeline import steps_per_epoch  # noqa: E402
from kerasaudio.training.precompute import load_splits  # noqa: E402

EPOCHS = 11  # the first one compiles


class Stopwatch(keras.callbacks.Callback):
    """Seconds of each epoch's steps, and the weights after the first epoch."""

    def __init__(self):
        super().__init__()
        self.seconds, self.weights = [], None

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_test_begin(self, logs=None):
        self.seconds.append(time.perf_counter() - self.began)
        self.weights = self.weights or self.model.get_weights()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    chosen = parser.parse_args()
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
    experiment = override(
        load("gtzan_mlp").experiment, f"fit.epochs={EPOCHS}", "model.dropout=0,0,0", *chosen.set
    )
    splits = load_splits(experiment, chosen.data)
    steps = steps_per_epoch(splits.train, experiment.fit.batch_size)
    found = {}
    for devices in (1, 2):
        watch = found[devices] = Stopwatch()
        with training_on(devices):
            fit(assemble(experiment, splits.train), experiment, splits, callbacks=[watch])
        print(f"{devices} devices: {np.median(watch.seconds[1:]) / steps * 1e3:.2f} ms a step")
    pairs = zip(found[1].weights, found[2].weights, strict=True)
    print(f"largest difference of a weight: {max(abs(a - b).max() for a, b in pairs):.1e}")


if __name__ == "__main__":
    main()
