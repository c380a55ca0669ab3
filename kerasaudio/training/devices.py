"""One model on several GPUs: each computes a part of every batch, and all have the same weights.

Source: https://www.tensorflow.org/guide/distributed_training, "MirroredStrategy".
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal

import keras
import tensorflow as tf

from kerasaudio.errors import UserError
from kerasaudio.experiment import Fit

ELSEWHERE = (
    "one model trains on the GPUs of one machine; on several machines `search --cluster` trains "
    "its trials"
)


@contextmanager
def training_on(devices: int | Literal["all"] | None) -> Iterator[None]:
    """Has models that are made and trained in the `with` block use several devices.

    Args:
        devices: Number of GPUs, or "all" of them; `None` leaves it to TensorFlow, which takes one.

    Raises:
        UserError: If the machine has fewer, or if several machines are asked for.
    """
    _check_one_machine()
    if devices is None:
        yield
        return
    names = [each.name for each in _devices()]
    chosen = names if devices == "all" else names[:devices]
    if devices != "all" and devices > len(names):
        raise UserError(
            f"--devices {devices}: TensorFlow has {len(names)} here ({', '.join(names)}); "
            f"{ELSEWHERE}."
        )
    print(f"devices   {', '.join(chosen)}")
    with _together(chosen) if len(chosen) > 1 else nullcontext():
        yield


def _together(names: list[str]) -> AbstractContextManager[object]:
    """The scope of several devices, whose gradients are added up on one of them.

    TensorFlow's default, collective operations, mixes up the gradients of different weights where
    one process trains several models (seen with 2.17.1 on two logical processors).
    """
    sums = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(names, cross_device_ops=sums).scope()


def _devices() -> list[tf.config.LogicalDevice]:
    return tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")


def _check_one_machine() -> None:
    """UserError where TF_CONFIG names several machines, which TensorFlow would wait for."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    except (ValueError, AttributeError) as error:
        raise UserError(f"TF_CONFIG is no JSON object ({error}): unset it.") from error
    if sum(len(tasks) for tasks in cluster.values()) > 1:
        raise UserError(f"TF_CONFIG names several machines: {ELSEWHERE}; unset it.")


def count() -> int:
    """Returns the number of devices that models are made for."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def check_devices(fit: Fit, n: int) -> None:
    """Checks that a fit can use all devices, each of which needs an example of every batch.

    Args:
        fit: The fit.
        n: Number of training examples.

    Raises:
        UserError: If it cannot.
    """
    fewest = n % fit.batch_size or min(fit.batch_size, n)
    if fewest < count():
        raise UserError(
            f"{n} training examples in batches of {fit.batch_size} leave {fewest} for a batch, and "
            f"there are {count()} devices: set another fit.batch_size."
        )
    if fit.jit_compile and count() > 1:
        raise UserError("fit.jit_compile is for one device: leave it or --devices out.")


def synchronize(model: keras.Model) -> None:
    """Has batch normalization take mean and variance of the batches of all devices together."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = count() > 1


def in_scope(model: keras.Model) -> keras.Model:
    """Returns the model, which from now on takes the devices from the scope that it is used in.

    Keras would remember them, and then take a batch in order to see its shape, and put together
    the devices' parts of it, which fails for parts of different size.
    """
    model._distribute_strategy = None
    return model


def shared(batches: tf.data.Dataset) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """Returns training batches of which each device gets its part, all about equally large.

    Keras takes the mean of the parts' losses. Where one part is smaller than another, weights of
    the examples make it the mean of the batch; only `loss` in the history has the weights too.

    Args:
        batches: Batches of inputs, targets, and perhaps weights; unchanged for one device.
    """
    parts = count()
    if parts == 1:
        return batches

    def split(*batch: tf.Tensor) -> tf.data.Dataset:
        n = tf.shape(batch[0], tf.int64)[0]

        def part(number: tf.Tensor) -> tuple[tf.Tensor, ...]:
            begin, end = number * n // parts, (number + 1) * n // parts
            inputs, targets, *weights = (each[begin:end] for each in batch)
            share = tf.cast((end - begin) * parts, tf.float32) / tf.cast(n, tf.float32)
            each = weights[0] if weights else tf.ones(end - begin)
            return inputs, targets, each * share

        return tf.data.Dataset.range(parts).map(part)

    def of_machine(_: tf.distribute.InputContext) -> tf.data.Dataset:
        return batches.flat_map(split)

    return tf.distribute.get_strategy().distribute_datasets_from_function(of_machine)


def without_kernels() -> list[str]:
    """Returns a line for each GPU that is newer than those that TensorFlow was built for."""
    built = [re.sub(r"\D", "", each) for each in _built_for()]
    newest = max((int(each) // 10 for each in built), default=0)
    found = []
    for gpu in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        major, minor = details.get("compute_capability", (0, 0))
        if newest and major > newest:
            name = details.get("device_name") or gpu.name
            found.append(
                f"{name}: compute capability {major}.{minor}; TensorFlow {tf.__version__} has "
                f"kernels up to {newest}.x: use an earlier card, or the processor with "
                "CUDA_VISIBLE_DEVICES=-1"
            )
    return found


def _built_for() -> list[str]:
    """Compute capabilities such as "sm_89"; none where TensorFlow was built without CUDA."""
    return list(tf.sysconfig.get_build_info().get("cuda_compute_capabilities", []))
