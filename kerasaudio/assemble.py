"""Inputs -> front end -> architecture -> logits -> scores: one compiled Keras model."""

from __future__ import annotations

from dataclasses import asdict

import keras
import tensorflow as tf

from kerasaudio.data.splits import Examples
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, Fit


def assemble(experiment: Experiment, train: Examples) -> keras.Model:
    """The experiment's model, (batch, *shape) -> (batch, labels) scores, compiled; weights depend on the seed alone.

    Layers that hold statistics are adapted to `train`. Raises UserError where the parts do not fit each other.
    """
    data, fit = experiment.data, experiment.fit
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(fit.seed)
    inputs = keras.Input(data.shape, name="inputs")
    try:
        features = experiment.frontend(inputs, data.rate)
        logits = experiment.model(features, len(data.labels))
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"The parts do not fit inputs of shape {data.shape}: {reason}") from error
    scores = keras.layers.Softmax(name="scores", dtype="float32")(logits)
    model = keras.Model(inputs, scores)
    adapt(model, train)
    # Keras finds the logits behind the softmax and computes the cross-entropy from them.
    model.compile(
        optimizer=build_optimizer(fit),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    return model


def adapt(model: keras.Model, train: Examples) -> None:
    """Give every layer that holds statistics those of what reaches it from the training examples."""
    for layer in model.layers:
        if hasattr(layer, "adapt"):
            upstream = keras.Model(model.inputs, layer.input)
            layer.adapt(train.inputs.batch(len(train)).map(upstream))


def build_optimizer(fit: Fit) -> keras.optimizers.Optimizer:
    """Keras' optimizer of the same name and arguments."""
    return getattr(keras.optimizers, type(fit.optimizer).__name__)(**asdict(fit.optimizer))
