"""Starts a network with the weights of an earlier run."""

from __future__ import annotations

from itertools import dropwhile
from pathlib import Path

import keras

from kerasaudio.errors import UserError
from kerasaudio.experiment import Pretrained
from kerasaudio.training.checkpoint import BEST_MODEL, load_model


def start_from(model: keras.Model, start: Pretrained) -> None:
    """Gives a model the weights of an earlier run's, except for the layers that give the labels.

    The head of a model is what follows the last layer with weights of another width than the number
    of labels. Both models must be alike up to there. Augmentations may differ.

    Args:
        model: The model, not compiled; its weights are changed, and frozen if that is wanted.
        start: The earlier run.

    Raises:
        UserError: If there is no such run, or its network is another one.
    """
    earlier = load_model(_best_model(start))
    own, others = _body(model), _body(earlier)
    for layer, other in zip(own, others, strict=False):
        if _described(layer) != _described(other):
            raise _differs(
                start, f"{other.name} {_described(other)}", f"{layer.name} {_described(layer)}"
            )
    if len(own) != len(others) or not own:
        raise _differs(start, f"{len(others)} such layers", f"{len(own)}")
    for layer, other in zip(own, others, strict=True):
        layer.set_weights(other.get_weights())
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
        layer.trainable = layer.trainable and not start.frozen


def _best_model(start: Pretrained) -> Path:
    path = Path(start.run) / BEST_MODEL
    if not start.run or not path.is_file():
        raise UserError(
            f"fit.start.run is {start.run!r}: expected the folder of an earlier run, with "
            f"{BEST_MODEL}."
        )
    return path


def _body(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers with weights or a cached output, without augmentations and the head."""
    labels = model.output_shape[-1]
    layers = [
        layer
        for layer in model.layers
        if not getattr(layer, "training_only", False)
        and (layer.weights or getattr(layer, "runs_ahead", False))
    ]
    backwards = dropwhile(lambda layer: _gives_labels(layer, labels), reversed(layers))
    return list(backwards)[::-1]


def _gives_labels(layer: keras.layers.Layer, labels: int) -> bool:
    """Whether the last axis of all weights is that of the labels."""
    return bool(layer.weights) and all(
        weight.shape and weight.shape[-1] == labels for weight in layer.weights
    )


def _described(layer: keras.layers.Layer) -> str:
    """The shapes of a layer's weights, or its settings where its output is cached."""
    if layer.weights:
        shapes = " ".join(str(tuple(weight.shape)) for weight in layer.weights)
        return f"{type(layer).__name__} of weights {shapes}"
    config = {name: value for name, value in layer.get_config().items() if name != "path"}
    return f"{type(layer).__name__} {config}"


def _differs(start: Pretrained, found: str, expected: str) -> UserError:
    return UserError(
        f"The network of {start.run} is another one than the experiment's: it has {found}, "
        f"expected {expected}. Use the same front end and model."
    )
