"""The layer of the front end `Embedding`: a SavedModel inside a Keras model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import KerasTensor, ops

from kerasaudio.errors import UserError
from kerasaudio.training.waveform_model import WaveformModel, digest, waveform_model


@keras.saving.register_keras_serializable("kerasaudio")
class EmbeddingLayer(keras.layers.Layer):
    """Embeddings of sound. The layer has no weights: the SavedModel stays where it is.

    A layer that is read from a file knows its shapes, so loading a model runs nothing of the
    SavedModel: that begins with the first sound.

    Args:
        path: Folder of the SavedModel.
        sound_rate: Sampling rate of the inputs in Hz.
        content: Hash of the SavedModel's files, which must not change; `None` takes that of now.
        shapes: Shape of the embeddings of one window, and number of embeddings of a sound; `None`
            for those of silence, where `content` is `None`, too.
        name: Name of the layer.
        **values: Other fields of `kerasaudio.frontends.embedding.Embedding`.

    Raises:
        UserError: If there is no such SavedModel, or another one.
    """

    # Training computes this layer's output once for all epochs: kerasaudio.training.precompute.
    runs_ahead = True

    def __init__(
        self,
        path: str,
        sound_rate: int,
        content: str | None = None,
        shapes: tuple[Sequence[int], int] | None = None,
        name: str | None = None,
        **values: Any,
    ) -> None:
        super().__init__(name=name, dtype="float32", autocast=False, trainable=False)
        self.folder, self.sound_rate, self.values = path, sound_rate, values
        self.content = digest(Path(path))
        if content not in (None, self.content):
            raise UserError(
                f"{path} is another SavedModel than the one that was trained with: put that back."
            )
        if content is not None and shapes is None:
            raise UserError(
                f"A model with the embeddings of {path} lacks their shape: train again."
            )
        self.shapes = shapes

    @property
    def model(self) -> WaveformModel:
        """The SavedModel."""
        return waveform_model(Path(self.folder), self.content, **self.values)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Finds the shape of the output with silence, if it is not known yet.

        Raises:
            ValueError: If TensorFlow only builds a graph and cannot compute.
            UserError: If what the SavedModel gives is no embedding.
        """
        if self.shapes is not None:
            return
        assert input_shape[1] is not None
        with tf.init_scope():
            if not tf.executing_eagerly():
                raise ValueError("The shape of an embedding is only known once it is computed.")
            windows = self._cut(np.zeros((1, input_shape[1]), np.float32))
            model = self.model
            found = tuple(model.call(windows[0] if model.batched else windows[0, 0]).shape)
        frames = found[1:-1] if model.batched else found[:-1]  # of one window
        if len(frames) > 1 or len(found) < 2:
            raise UserError(
                f"{self.folder} gives an output of shape {found}: expected embeddings of shape "
                "(frames, values); set frontend.output."
            )
        self.shapes = (*frames, found[-1]), math.prod(frames) * windows.shape[1]

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, frames, values)."""
        model, windows = self.model, self._cut(inputs)
        window_shape, frames = self._known()
        each = ops.reshape(windows, (-1, windows.shape[-1]))
        if model.batched:
            found = model.call(each)
        else:
            spec = tf.TensorSpec(window_shape, tf.float32)
            found = tf.map_fn(model.call, each, fn_output_signature=spec)
        return ops.reshape(found, (-1, frames, window_shape[-1]))

    def _cut(self, sound: KerasTensor) -> KerasTensor:
        """(batch, samples) -> (batch, windows, samples) at the model's rate."""
        model = self.model
        return _windows(resampled(sound, self.sound_rate, model.rate), model.window)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape `(batch, frames, values)`."""
        window_shape, frames = self._known()
        return (input_shape[0], frames, window_shape[-1])

    def _known(self) -> tuple[Sequence[int], int]:
        assert self.shapes is not None  # as of all layers that are built
        return self.shapes

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        own = {"name": self.name, "path": self.folder, "sound_rate": self.sound_rate}
        return own | {"content": self.content, "shapes": self.shapes} | self.values


def resampled(sound: KerasTensor, rate: int, wanted: int) -> KerasTensor:
    """Returns sound at another rate, by its Fourier transform, as `scipy.signal.resample` does.

    Args:
        sound: Tensor of shape `(batch, samples)`.
        rate: Its sampling rate in Hz.
        wanted: The sampling rate in Hz to convert to.
    """
    if rate == wanted:
        return ops.convert_to_tensor(sound)
    samples = sound.shape[-1]
    length = round(samples * wanted / rate)
    spectrum = tf.signal.rfft(sound)
    kept = min(samples, length) // 2 + 1
    spectrum = spectrum[:, :kept]
    if min(samples, length) % 2 == 0 and length != samples:  # the highest bin stands for two
        factor = 0.5 if length > samples else 2.0
        spectrum = tf.concat([spectrum[:, :-1], factor * spectrum[:, -1:]], axis=1)
    spectrum = tf.pad(spectrum, [[0, 0], [0, length // 2 + 1 - kept]])
    return tf.signal.irfft(spectrum, [length]) * (length / samples)


def _windows(sound: KerasTensor, window: int | None) -> KerasTensor:
    """(batch, samples) -> (batch, windows, samples of a window).

    As few windows as cover the sound are spread evenly over it. A sound that is shorter than one is
    followed by silence.
    """
    samples = sound.shape[1]
    if window is None or window == samples:
        return sound[:, None]
    if samples < window:
        return ops.pad(sound, [[0, 0], [0, window - samples]])[:, None]
    starts = np.linspace(0, samples - window, -(-samples // window)).round().astype(int)
    return ops.stack([sound[:, start : start + window] for start in starts], axis=1)
