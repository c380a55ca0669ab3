"""A network that sees a clip's windows one by one, and one place where what it says of them is averaged.

Source: Dieleman and Schrauwen, End-to-end learning for music audio (2014), and its replications by Chandrasekar
(features) and Roy (logits) at the University of Bristol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import layers, ops

from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.strided_cnn import StridedCNN


@dataclass(frozen=True)
class Windowed:
    """Windows are folded into the batch, and averaged once.

    features: before the network's head. logits: after it. scores: the mean of the windows' sigmoids, given as a logit.
    """

    network: StridedCNN | CNN1D
    average: Literal["features", "logits", "scores"] = "features"

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, windows, frames, channels), any number of windows -> (batch, labels) logits."""
        hidden = self.network.features(ops.reshape(features, (-1, *features.shape[2:])))
        if self.average == "features":
            return self.network.head(ops.mean(Unfold()(hidden, features), axis=1), labels)
        each = Unfold()(self.network.head(hidden, labels), features)
        if self.average == "logits":
            return ops.mean(each, axis=1)
        yes, no = ops.log_sigmoid(each), ops.log_sigmoid(-each)
        return ops.logsumexp(yes, axis=1) - ops.logsumexp(no, axis=1)


@keras.saving.register_keras_serializable("kerasaudio")
class Unfold(layers.Layer):
    """What was found of windows that were folded into the batch, clip by clip again."""

    def call(self, each: Any, windows: Any) -> Any:
        """(batch * windows, ...) and (batch, windows, frames, channels) -> (batch, windows, ...)."""
        return ops.reshape(each, (-1, ops.shape(windows)[1], *each.shape[1:]))

    def compute_output_shape(
        self, each_shape: tuple[int | None, ...], windows_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The clips' first two axes, then those of one window."""
        return (*windows_shape[:2], *each_shape[1:])
