"""Inputs -> front end -> architecture -> logits -> scores: one compiled Keras model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import keras
import tensorflow as tf

from kerasaudio.data.splits import Examples
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Experiment, Fit, Plateau, ReadoutFirst, WeightedBinary
from kerasaudio.frontends.windows import cut
from kerasaudio.training import pipeline
from kerasaudio.training.metrics import FirstTagAccuracy, MacroAUC


def assemble(experiment: Experiment, train: Examples) -> keras.Model:
    """The experiment's model, (batch, *shape) -> (batch, labels) scores, compiled; weights depend on the seed alone.

    Layers that hold statistics are adapted to `train`. The model is whole, whether or not a part of it ran ahead of
    these examples. Raises UserError where the parts do not fit each other.
    """
    data, fit = experiment.data, experiment.fit
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(fit.seed)
    metrics = build_metrics(experiment)
    any_length = getattr(experiment.frontend, "any_length", False)
    inputs = keras.Input((None,) if any_length else data.shape, name="inputs")
    try:
        features = experiment.frontend(inputs, data.rate)
        logits = experiment.model(features, len(data.labels))
    except ValueError as error:
        raise UserError(
            f"The parts do not fit inputs of shape {data.shape}: {_reason(error)}"
        ) from error
    scores = activation(experiment)(logits)
    model = keras.Model(inputs, scores)
    adapt(model, train)
    model.compile(
        optimizer=build_optimizer(fit),
        loss=build_loss(experiment),
        metrics=metrics,
        jit_compile=False,
    )
    return model


def _reason(error: ValueError) -> str:
    """The line of a Keras error that says what is wrong: not the one that names the layer, and without its bold."""
    lines = re.sub(r"\x1b\[\d+m", "", str(error)).splitlines()
    return next(
        (line for line in lines if line and not line.startswith("Exception encountered")), lines[0]
    )


def behind(model: keras.Model, examples: Examples) -> keras.Model:
    """What of a model takes the examples as they are: all of it, or what comes behind the layer that ran ahead.

    Weights and optimizer are the model's own.
    """
    if not examples.behind:
        return model
    rest = keras.Model(model.get_layer(examples.behind).output, model.outputs[0])
    if model.compiled:
        rest.compile_from_config(model.get_compile_config())
        rest.optimizer = model.optimizer
    return rest


def over_windows(model: keras.Model, samples: Any) -> Any:
    """(batch, samples) sound of any length -> (batch, windows, labels): what the model says of each window alone."""
    windows = cut(samples, window_samples(model))
    each = model(keras.ops.reshape(windows, (-1, window_samples(model))), training=False)
    return keras.ops.reshape(each, (-1, keras.ops.shape(windows)[1], model.output_shape[1]))


def over_clip(model: keras.Model, samples: Any) -> Any:
    """(batch, samples) sound of any length -> (batch, labels): what the model says of it all, or its windows' mean."""
    if averages_windows(model):
        return model(samples, training=False)
    return keras.ops.mean(over_windows(model, samples), axis=1)


def averages_windows(model: keras.Model) -> bool:
    """Whether a model of sound takes any length, cuts that into windows and says one thing of them all."""
    return model.input_shape[1] is None


def window_samples(model: keras.Model) -> int:
    """How much sound a model looks at in one piece."""
    return model.get_layer("windows").samples if averages_windows(model) else model.input_shape[1]


def activation(experiment: Experiment) -> keras.layers.Layer:
    """Logits to scores: they add up to 1 where one label holds at a time, unless the loss looks at each alone."""
    if isinstance(experiment.fit.loss, WeightedBinary) or experiment.data.task == "multi_label":
        return keras.layers.Activation("sigmoid", name="scores", dtype="float32")
    return keras.layers.Softmax(name="scores", dtype="float32")


def build_loss(experiment: Experiment) -> keras.losses.Loss:
    """The loss of the fit; Keras finds the logits behind the scores and computes cross-entropies from them."""
    labels, loss = len(experiment.data.labels), experiment.fit.loss
    if isinstance(loss, WeightedBinary):
        if len(loss.positive_weights) != labels:
            raise UserError(
                f"fit.loss.positive_weights has {len(loss.positive_weights)} weights for {labels} labels."
            )
        return WeightedBinaryCrossentropy(loss.positive_weights)
    if isinstance(loss, ReadoutFirst):
        if experiment.data.task != "multi_label":
            raise UserError(
                "fit.loss=ReadoutFirst needs a data set of many labels at once, such as AudioSetTags."
            )
        return ReadoutFirstCrossentropy(experiment.data.readout_number, loss.others)  # type: ignore[attr-defined]
    if experiment.data.task == "multi_label":
        return keras.losses.BinaryCrossentropy()
    return keras.losses.SparseCategoricalCrossentropy()


@keras.saving.register_keras_serializable("kerasaudio")
class WeightedBinaryCrossentropy(keras.losses.Loss):
    """Of label numbers (batch,) against sigmoids (batch, labels), the mean over labels; see WeightedBinary."""

    def __init__(self, positive_weights: Sequence[float], **options: Any) -> None:
        super().__init__(**options)
        self.positive_weights = list(positive_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        hot = keras.ops.one_hot(keras.ops.reshape(y_true, (-1,)), len(self.positive_weights))
        weights = 1 + (keras.ops.convert_to_tensor(self.positive_weights, hot.dtype) - 1) * hot
        return keras.ops.mean(keras.ops.binary_crossentropy(hot, y_pred) * weights, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"positive_weights": self.positive_weights}


@keras.saving.register_keras_serializable("kerasaudio")
class ReadoutFirstCrossentropy(keras.losses.Loss):
    """Of 0 and 1 (batch, labels) against sigmoids (batch, labels); see ReadoutFirst."""

    def __init__(self, readout: int, others: float, **options: Any) -> None:
        super().__init__(**options)
        self.readout, self.others = readout, others

    def call(self, y_true: Any, y_pred: Any) -> Any:
        each = keras.ops.binary_crossentropy(keras.ops.cast(y_true, y_pred.dtype), y_pred)
        first = each[:, self.readout]
        return first + self.others * (keras.ops.sum(each, axis=-1) - first)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"readout": self.readout, "others": self.others}


@keras.saving.register_keras_serializable("kerasaudio")
class ReadoutAccuracy(keras.metrics.Mean):
    """Share of right answers about one of many labels."""

    def __init__(self, readout: int, **options: Any) -> None:
        super().__init__(**options)
        self.readout = readout

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        told, meant = y_pred[:, self.readout] > 0.5, y_true[:, self.readout] > 0
        super().update_state(keras.ops.cast(told == meant, "float32"), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"readout": self.readout}


def build_metrics(experiment: Experiment) -> list[keras.metrics.Metric]:
    """Under the names that the history and the search know: accuracy, and of tags auc.

    Raises UserError where the fit asks for one that the data does not have.
    """
    if has_tags(experiment.data):
        return [
            FirstTagAccuracy(name="accuracy"),
            MacroAUC(len(experiment.data.labels), name="auc"),
        ]
    fit = experiment.fit
    if fit.keep == "best_auc" or (
        isinstance(fit.schedule, Plateau) and fit.schedule.watch == "val_auc"
    ):
        raise UserError(
            "fit.keep=best_auc and fit.schedule.watch=val_auc need tags, such as MagnaTagATune's."
        )
    return [build_accuracy(experiment.data)]


def has_tags(data: DataSet) -> bool:
    """Whether many labels hold at once, and none of them is told apart."""
    return data.task == "multi_label" and not hasattr(data, "readout_number")


def build_accuracy(data: DataSet) -> keras.metrics.Metric:
    """The share of right answers about the one label of an example, or about the readout."""
    if data.task == "multi_label":
        return ReadoutAccuracy(data.readout_number, name="accuracy")  # type: ignore[attr-defined]
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


def adapt(model: keras.Model, train: Examples) -> None:
    """Give every layer that holds statistics those of what reaches it from the training examples."""
    begin = model.get_layer(train.behind).output if train.behind else model.inputs[0]
    for layer in model.layers:
        if hasattr(layer, "adapt"):
            inputs = pipeline.batches(train, len(train)).map(lambda inputs, _: inputs)
            if layer.input is not begin:
                inputs = inputs.map(keras.Model(begin, layer.input))
            with pipeline.reading():
                layer.adapt(inputs)


def build_optimizer(fit: Fit) -> keras.optimizers.Optimizer:
    """Keras' optimizer of the same name and arguments. Raises UserError for numbers that it does not take."""
    try:
        return getattr(keras.optimizers, type(fit.optimizer).__name__)(**asdict(fit.optimizer))
    except ValueError as error:
        raise UserError(f"fit.optimizer is {fit.optimizer}: {error}") from error
