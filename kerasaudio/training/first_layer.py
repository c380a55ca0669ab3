"""The front end's first layer: whether it can run ahead, and what decides its numbers."""

from __future__ import annotations

import hashlib
import inspect
from importlib import metadata
from itertools import takewhile
from typing import Any

import keras

from kerasaudio.experiment import Experiment

PACKAGES = ("tensorflow", "keras", "librosa")  # whose versions could change a number

OURS = ("kerasaudio.frontends.", "kerasaudio.training.")  # rooms whose code computes numbers


def first_layer(experiment: Experiment) -> keras.Model | None:
    """Returns a model from sound to what the front end's first layer gives, without augmentations.

    It is `None` if that layer does not say `runs_ahead`, or does not fit the sound.
    """
    layers = [layer for layer in _layers(experiment) if not _is_augmentation(layer)]
    if not layers or not getattr(layers[0], "runs_ahead", False):
        return None
    inputs = keras.Input(experiment.data.shape, name="inputs")
    return keras.Model(inputs, layers[0](inputs))


def changed_before(experiment: Experiment) -> list[str]:
    """Returns the names of the augmentations that stand before the front end's first layer."""
    return [layer.name for layer in takewhile(_is_augmentation, _layers(experiment))]


def _layers(experiment: Experiment) -> list[keras.Layer]:
    """The layers of the front end of sound; none where they do not fit."""
    data = experiment.data
    if data.rate is None:
        return []
    inputs = keras.Input(data.shape, name="inputs")
    try:
        return keras.Model(inputs, experiment.frontend(inputs, data.rate)).layers[1:]
    except ValueError:
        return []  # assemble says why


def _is_augmentation(layer: keras.Layer) -> bool:
    return getattr(layer, "training_only", False)


def described(model: keras.Model) -> dict[str, Any]:
    """Returns everything that decides the numbers of such a model, except the sound."""
    configs = [layer.get_config() for layer in model.layers]
    return {
        # Where a model of embeddings lies says nothing; its content is in the config, too.
        "layers": [{name: each[name] for name in each if name != "path"} for each in configs],
        "code": _code(type(model.layers[-1])),
        "versions": {package: metadata.version(package) for package in PACKAGES},
    }


def _code(kind: type) -> str:
    """A hash of the code of a layer's file, and of the files of ours that it calls into."""
    home: Any = inspect.getmodule(kind) or kind
    used = {inspect.getmodule(value) for value in vars(home).values()}
    ours = {each.__name__: each for each in used if each and each.__name__.startswith(OURS)}
    modules: list[Any] = [home, *(ours[name] for name in sorted(ours) if ours[name] is not home)]
    return hashlib.sha256("".join(map(inspect.getsource, modules)).encode()).hexdigest()
