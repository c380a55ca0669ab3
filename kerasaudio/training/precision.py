"""Networks that compute in bfloat16; their weights and what is told of them are float32."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import keras

FLOAT32 = "float32"


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Gives layers that are made in the `with` block a precision.

    Layers that say their own type keep it: those of the front end, and the probabilities.

    Args:
        precision: Name of a Keras dtype policy: "float32" or "mixed_bfloat16".
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(model: keras.Model) -> keras.Model:
    """Returns the same network with all layers in float32; the model itself if they are already.

    Args:
        model: The model, whose weights the other one gets.
    """
    config = json.dumps(keras.saving.serialize_keras_object(model))
    if "mixed_bfloat16" not in config:
        return model
    changed = json.loads(config.replace('"mixed_bfloat16"', f'"{FLOAT32}"'))
    found = keras.saving.deserialize_keras_object(changed, safe_mode=True)
    found.set_weights(model.get_weights())
    for layer in found.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return found
