"""A network on every window of a clip, with an average over the windows.

Source: Dieleman and Schrauwen, End-to-end learning for music audio (2014), and its replications by
Chandrasekar (features) and Roy (logits) at the University of Bristol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import keras
from keras import KerasTensor, layers, ops

from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.residual_cnn import ResidualCNN
from kerasaudio.models.strided_cnn import StridedCNN


@dataclass(frozen=True)
class Windowed:
    """A network that sees each window of a clip on its own; the results are averaged over the clip.

    Args:
        network: The network.
        average: What is averaged: "features" (before the network's head), "logits" (after it), or
            "scores" (the sigmoids of the logits; the logit of their mean is returned).
    """

    network: StridedCNN | CNN1D | ResidualCNN
    average: Literal["features", "logits", "scores"] = "features"

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, windows, frames, channels) -> (batch, labels) logits.

        The number of windows may be unknown when the network is built.
        """
        hidden = self.network.features(ops.reshape(features, (-1, *features.shape[2:])))
        if self.average == "features":
            return self.network.head(
                ops.mean(Unfold(dtype="float32")(hidden, features), axis=1), labels
            )
        logits = Unfold(dtype="float32")(self.network.head(hidden, labels), features)
        if self.average == "logits":
            return ops.mean(logits, axis=1)
        # In logarithms, because the sigmoids of large logits round to 0 and 1.
        yes, no = ops.log_sigmoid(logits), ops.log_sigmoid(-logits)
        return ops.logsumexp(yes, axis=1) - ops.logsumexp(no, axis=1)


@keras.saving.register_keras_serializable("kerasaudio")
class Unfold(layers.Layer):
    """Splits the first axis into clips and windows again, after windows were put into the batch."""

    def call(self, results: KerasTensor, windows: KerasTensor) -> KerasTensor:
        """(batch * windows, ...) and (batch, windows, frames, channels) -> (batch, windows, ...).

        Args:
            results: What the network returned for the windows.
            windows: The windows before they were put into the batch; only their shape is used.
        """
        return ops.reshape(results, (-1, ops.shape(windows)[1], *results.shape[1:]))

    def compute_output_shape(
        self, results_shape: tuple[int | None, ...], windows_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the output for the shapes of the two inputs."""
        return (*windows_shape[:2], *results_shape[1:])
