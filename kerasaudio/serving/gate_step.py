"""A gate's network as one step: a hop of sound and a state in, a probability and a state out.

A step of every layer sees what the whole layer sees, so that a stream gets the answers that the
whole recording would get.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch

import keras
import tensorflow as tf
from keras import KerasTensor, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.causal_log_mel import CausalLogMelLayer

Shape = tuple[int, ...]
Advance = Callable[[KerasTensor, KerasTensor | None], tuple[KerasTensor, KerasTensor | None]]


@dataclass(frozen=True)
class Step:
    """A layer as a step.

    Args:
        state: Shape of what it remembers, or `None` if that is nothing.
        advance: Function from an input and a state to an output and the next state.
    """

    state: Shape | None
    advance: Advance


@singledispatch
def step_of(layer: keras.Layer) -> Step:
    """Returns a layer as a step; layers that see each frame alone need no state.

    Raises:
        UserError: If it is not known how the layer keeps time.
    """
    alone = (keras.layers.Dense, keras.layers.Normalization, keras.layers.Activation)
    if not isinstance(layer, (*alone, keras.layers.Dropout)):
        raise UserError(f"A stream has no layer of the kind {type(layer).__name__}.")
    return Step(None, lambda inputs, state: (layer(inputs, training=False), state))


@step_of.register
def _log_mel(layer: CausalLogMelLayer) -> Step:
    def advance(inputs: KerasTensor, state: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        sound = ops.concatenate([state, inputs], axis=1)
        return layer.frames(sound), sound[:, layer.values.hop :]

    return Step((1, layer.past), advance)


@step_of.register
def _convolution(layer: keras.layers.Conv1D) -> Step:
    past, channels = layer.kernel_size[0] - 1, layer.input.shape[-1]

    def advance(inputs: KerasTensor, state: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        frames = ops.concatenate([state, inputs], axis=1)
        found = ops.conv(frames, layer.kernel, padding="valid") + layer.bias
        return layer.activation(found), frames[:, 1:]

    return Step((1, past, channels), advance)


@step_of.register
def _gru(layer: keras.layers.GRU) -> Step:
    def advance(inputs: KerasTensor, state: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        found, (after,) = layer.cell(inputs[:, 0], [state], training=False)
        return found[:, None], after

    return Step((1, layer.units), advance)


def step_function(model: keras.Model) -> tuple[tf.types.experimental.ConcreteFunction, list[Shape]]:
    """Returns a gate's network as one step, and the shapes of its states.

    The function takes `samples`, of shape `(1, hop)`, and `state_0`, `state_1`, ...; it returns
    `probability`, of shape `(1,)`, and the states after it as `next_0`, `next_1`, ...

    Args:
        model: The whole model, whose layers are a chain.

    Raises:
        UserError: If the model is no gate.
    """
    layers = model.layers[1:]
    if not layers or not isinstance(layers[0], CausalLogMelLayer):
        raise UserError("The model is no gate: expected one that begins with CausalLogMel.")
    steps = [step_of(layer) for layer in layers]
    shapes = [step.state for step in steps if step.state]

    def whole(samples: tf.Tensor, *states: tf.Tensor) -> dict[str, tf.Tensor]:
        found, before, after = samples, list(states), []
        for step in steps:
            found, state = step.advance(found, before.pop(0) if step.state else None)
            after += [state] if step.state else []
        named = {f"next_{number}": state for number, state in enumerate(after)}
        return {"probability": found[:, 0, 0], **named}

    hop = layers[0].values.hop
    given = [tf.TensorSpec((1, hop), tf.float32, name="samples")]
    given += [
        tf.TensorSpec(shape, tf.float32, name=f"state_{number}")
        for number, shape in enumerate(shapes)
    ]
    return tf.function(whole, autograph=False).get_concrete_function(*given), shapes
