"""Embeddings of sound by a model that somebody else has trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

import keras
from keras import KerasTensor, layers

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Embedding:
    """What a TensorFlow SavedModel makes of sound, such as YAMNet, VGGish, Perch or BirdNET.

    Each value is scaled to mean 0 and variance 1 over the training examples. Embeddings are
    computed once and cached; the model itself is not trained.

    What is `None` is read from the model, as `kerasaudio.training.waveform_model` tells. Sound of
    another rate is resampled.

    Args:
        path: Folder of the SavedModel.
        rate: Sampling rate in Hz that the model was made for.
        window: Number of samples that the model takes at a time, at that rate.
        signature: Name of the signature to call.
        output: Name of the output to use, or its number, from 0.

    Raises:
        UserError: If `rate` or `window` is below 1.
    """

    path: str
    rate: int | None = None
    window: int | None = None
    signature: str | None = None
    output: str | None = None

    any_length: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name, value in (("rate", self.rate), ("window", self.window)):
            if value is not None and value < 1:
                raise UserError(
                    f"frontend.{name} is {value}: expected a whole number of at least 1."
                )

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) in [-1, 1] -> (batch, frames, values).

        Raises:
            UserError: If the examples are not sound, or the model cannot be used.
        """
        if rate is None or len(inputs.shape) != 2:
            raise UserError(
                f"frontend Embedding needs sound: found inputs of shape {inputs.shape[1:]}."
            )
        # The layer needs TensorFlow, so it is above this room; Keras knows it by its name.
        layer = keras.saving.get_registered_object("kerasaudio>EmbeddingLayer")
        frames = layer(sound_rate=rate, **asdict(self), name="embedding")(inputs)
        return layers.Normalization(axis=-1, name="standardize", dtype="float32")(frames)
