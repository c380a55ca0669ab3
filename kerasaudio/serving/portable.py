"""A model as one function without variables, for runtimes other than TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from kerasaudio.errors import UserError
from kerasaudio.serving.model_facts import Shape
from kerasaudio.serving.native_output import native_output_discarded


class NotConvertible(UserError):
    """A network with an operation that a runtime does not have."""


def frozen(model: keras.Model, shape: Shape, transforms: Callable[[int], bool]) -> Any:
    """Returns a concrete function from `inputs` to `scores` with all weights as constants.

    Converters need it: what a layer holds beside its weights, such as the mean of a normalization,
    becomes an input of the converted model otherwise, or ends the process.

    Args:
        model: The live model.
        shape: Shape of a batch of inputs; `None` stands for any size.
        transforms: Whether the runtime has a Fourier transform of a length. Where it has none,
            spectrograms are computed by a convolution.
    """
    with contextlib.ExitStack() as stack:
        for layer in model.layers:
            stack.enter_context(_portable(layer, transforms))
        function = tf.function(
            lambda inputs: {"scores": model(inputs, training=False)}, autograph=False
        )
        concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="inputs"))
    with native_output_discarded():
        return convert_variables_to_constants_v2(concrete, lower_control_flow=False)


@contextlib.contextmanager
def _portable(layer: keras.Layer, transforms: Callable[[int], bool]) -> Iterator[None]:
    """Recurrent layers leave NVIDIA's operations alone, which one would get on a GPU."""
    settings: dict[str, Any] = {}
    if hasattr(layer, "by_convolution"):
        settings["by_convolution"] = not transforms(layer.values.window)
    if hasattr(layer, "use_cudnn"):
        settings["use_cudnn"] = False
    before = {name: getattr(layer, name) for name in settings}
    try:
        for name, value in settings.items():
            setattr(layer, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(layer, name, value)


def needed(name: str, install: str) -> ModuleType:
    """Returns a package that only one format needs.

    Args:
        name: Name of the package, or of a module in it.
        install: What installs it.

    Raises:
        UserError: If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UserError(
            f"This needs the package {name.partition('.')[0]}, which is missing: {install}."
        ) from error
