"""Inputs -> front end -> architecture -> logits -> probabilities: one compiled Keras model.

The front end is inside the model, so that an exported model takes what the data set gives and
cannot be fed by anything else. Statistics are Keras layers that are adapted to the training split
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

import keras
import tensorflow as tf

from kerasaudio.data.progress import Progress
from kerasaudio.data.rows import rows_of
from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples, Experiment, Fit
from kerasaudio.training import pipeline
from kerasaudio.training.class_weights import check_weights, weighable
from kerasaudio.training.devices import check_devices, in_scope, synchronize
from kerasaudio.training.history import watched_metrics
from kerasaudio.training.mixing import Mixing, mixes
from kerasaudio.training.precision import computing_in
from kerasaudio.training.pretrained import start_from
from kerasaudio.training.seeds import drawing_from
from kerasaudio.training.tasks import head

MEASURED = 32_768  # examples that are measured at once; what is in files may not fit into memory


def assemble(experiment: Experiment, train: Examples) -> keras.Model:
    """Returns the experiment's model, compiled; its weights depend on the seed alone.

    Layers that hold statistics are adapted to the training examples. The model is whole, whether
    or not a part of it was precomputed for these examples.

    Args:
        experiment: The experiment.
        train: The training examples.

    Returns:
        Model from inputs of shape `(batch, *data.shape)` to probabilities `(batch, labels)`.

    Raises:
        UserError: If the parts do not fit each other, or the fit does not fit them.
    """
    data, fit = experiment.data, experiment.fit
    if fit.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(fit.seed)
    watched_metrics(experiment)  # or one line that says what the fit cannot keep by
    check_weights(experiment)
    check_devices(fit, len(train))
    task_head = head(data.task, data.labels, fit.loss)
    shape = (None,) if experiment.frontend.any_length else data.shape
    inputs = keras.Input(shape, name="inputs")
    try:
        with drawing_from(fit.seed):
            features = experiment.frontend(inputs, data.rate)
            with computing_in(fit.precision):
                logits = experiment.model(features, len(data.labels))
    except ValueError as error:
        raise UserError(
            f"The parts do not fit inputs of shape {data.shape}: {_reason(error)}"
        ) from error
    _check_frames(logits, train)
    model = in_scope(keras.Model(inputs, task_head.activation(logits)))
    if fit.sync_batch_norm:
        synchronize(model)
    adapt(model, train)
    if fit.start:
        start_from(model, fit.start)
    model.compile(
        optimizer=build_optimizer(fit),
        loss=weighable(experiment, task_head.loss),
        metrics=task_head.metrics,
        jit_compile=fit.jit_compile,
    )
    return model


def _check_frames(logits: keras.KerasTensor, train: Examples) -> None:
    """UserError where frames are labelled, and the network answers about others."""
    if train.targets.ndim == 3 and logits.shape[1:] != train.targets.shape[1:]:
        raise UserError(
            f"The network gives answers of shape {logits.shape[1:]}, and the labels of an example "
            f"have the shape {train.targets.shape[1:]}: set frontend.hop to the labels' frames."
        )


def _reason(error: ValueError) -> str:
    """The line of a Keras error that says what is wrong, without its bold type.

    The line before it only names the layer.
    """
    lines = re.sub(r"\x1b\[\d+m", "", str(error)).splitlines()
    return next(
        (line for line in lines if line and not line.startswith("Exception encountered")), lines[0]
    )


def trainable_part(model: keras.Model, examples: Examples) -> keras.Model:
    """Returns the part of a model that takes the examples as they are.

    It is the whole model, or what follows the layer whose output was precomputed. Weights and
    optimizer are the model's own. A part that mixes examples mixes its training loss alike.

    Args:
        model: The whole model.
        examples: Examples that may be precomputed.
    """
    kind = Mixing if mixes(model) else keras.Model
    if not examples.precomputed and kind is keras.Model:
        return model
    start = (
        model.get_layer(examples.precomputed).output if examples.precomputed else model.inputs[0]
    )
    rest = in_scope(kind(start, model.outputs[0]))
    if model.compiled:
        rest.compile_from_config(model.get_compile_config())
        rest.optimizer = model.optimizer
    return rest


def adapt(model: keras.Model, train: Examples) -> None:
    """Computes the statistics of every layer that holds some, from the training examples.

    Args:
        model: The model, whose layers are changed.
        train: The training examples.
    """
    start = model.get_layer(train.precomputed).output if train.precomputed else model.inputs[0]
    for layer in model.layers:
        if hasattr(layer, "adapt"):
            at_once = min(len(train), MEASURED)
            inputs = pipeline.batches(train, at_once).map(lambda inputs, _: inputs)
            if layer.input is not start:
                inputs = inputs.map(keras.Model(start, layer.input))
            if rows_of(train) is not None:  # in memory: there is nothing to wait for
                layer.adapt(inputs)
                continue
            progress = Progress("measure", len(train), "examples", of="examples")
            with pipeline.reading(), progress:
                layer.adapt(_counted(inputs, progress))


def _counted(inputs: tf.data.Dataset, progress: Progress) -> tf.data.Dataset:
    """The same batches; each example is counted as done when its batch is taken."""

    def batches() -> Iterator[tf.Tensor]:
        for batch in inputs:
            yield batch
            for _ in range(len(batch)):
                progress.advance()

    return tf.data.Dataset.from_generator(batches, output_signature=inputs.element_spec)


def build_optimizer(fit: Fit) -> keras.optimizers.Optimizer:
    """Returns Keras' optimizer of the same name and arguments."""
    return getattr(keras.optimizers, type(fit.optimizer).__name__)(**asdict(fit.optimizer))
