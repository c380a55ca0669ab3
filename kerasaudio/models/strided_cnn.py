"""Dieleman's network for samples: a long strided convolution in place of a spectrogram, then short ones.

Source: Dieleman and Schrauwen, End-to-end learning for music audio (2014), as replicated at the University of Bristol
(COMSM0045) by Chandrasekar and by Roy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from keras import layers, regularizers

from kerasaudio.errors import UserError
from kerasaudio.models.conv_blocks import normalize
from kerasaudio.models.torch_layers import uniform


@dataclass(frozen=True)
class StridedCNN:
    """Every convolution: batch normalisation, if any, ReLU; every one but the first: a pool.

    `filters` has an entry a convolution. The hidden dense layer and the logits are the head.
    """

    length: int = 256  # samples, of the first convolution
    stride: int = 256  # samples, of the first convolution
    filters: tuple[int, ...] = (32, 32, 32)
    kernel: int = 8  # steps, of the others
    padding: Literal["same", "valid"] = "same"  # of the others
    pool: int = 4  # steps
    pool_stride: int = 4  # steps
    over_time: Literal["flatten", "mean"] = "flatten"  # what becomes of the steps that are left
    units: int = 100
    batch_norm: bool = False
    conv_dropout: float = 0.0  # after the last convolution's ReLU
    dense_dropout: float = 0.0  # after the hidden dense layer's ReLU
    initializer: Literal["he_normal", "torch"] = "he_normal"
    l2: float = 0.0  # of all kernels: its gradient is l2 * kernel, as PyTorch's weight_decay

    def __post_init__(self) -> None:
        sizes = (
            self.length,
            self.stride,
            *self.filters,
            self.kernel,
            self.pool,
            self.pool_stride,
            self.units,
        )
        if min(sizes) < 1 or len(self.filters) < 2:
            raise UserError(
                "model StridedCNN: expected sizes of at least 1 and filters of two convolutions or more."
            )
        if not (0 <= self.conv_dropout < 1 and 0 <= self.dense_dropout < 1 and self.l2 >= 0):
            raise UserError(
                f"model StridedCNN has conv_dropout {self.conv_dropout}, dense_dropout {self.dense_dropout} and "
                f"l2 {self.l2}: expected shares in [0, 1) and an l2 of at least 0."
            )

    def __call__(self, features: Any, labels: int) -> Any:
        """(batch, frames, channels) -> (batch, labels) logits."""
        return self.head(self.features(features), labels)

    def features(self, inputs: Any) -> Any:
        """(batch, frames, channels) -> (batch, features). Keras' ValueError where there are too few frames."""
        hidden = self._convolve(inputs, self.filters[0], self.length, self.stride, "valid")
        for number, filters in enumerate(self.filters[1:], start=2):
            hidden = self._convolve(hidden, filters, self.kernel, 1, self.padding)
            if self.conv_dropout and number == len(self.filters):
                hidden = layers.Dropout(self.conv_dropout)(hidden)
            hidden = layers.MaxPooling1D(self.pool, self.pool_stride)(hidden)
        return (
            layers.Flatten() if self.over_time == "flatten" else layers.GlobalAveragePooling1D()
        )(hidden)

    def head(self, features: Any, labels: int) -> Any:
        """(batch, features) -> (batch, labels) logits."""
        hidden = layers.ReLU()(
            layers.Dense(self.units, **self._weights(features.shape[-1]))(features)
        )
        if self.dense_dropout:
            hidden = layers.Dropout(self.dense_dropout)(hidden)
        return layers.Dense(labels, **self._weights(self.units), name="logits")(hidden)

    def _convolve(self, inputs: Any, filters: int, kernel: int, stride: int, padding: str) -> Any:
        weights = self._weights(kernel * inputs.shape[-1])
        hidden = layers.Conv1D(filters, kernel, strides=stride, padding=padding, **weights)(inputs)
        return layers.ReLU()(normalize(hidden) if self.batch_norm else hidden)

    def _weights(self, fan_in: int) -> dict[str, Any]:
        """How a layer's kernel and biases begin, and what holds the kernel back."""
        held = {"kernel_regularizer": regularizers.L2(self.l2 / 2)} if self.l2 else {}
        if self.initializer == "he_normal":
            return held | {"kernel_initializer": "he_normal"}
        return held | {"kernel_initializer": uniform(fan_in), "bias_initializer": uniform(fan_in)}


PAIRS = (
    (1024, 1024),
    (1024, 512),
    (512, 512),
    (512, 256),
    (256, 256),
)  # lengths and strides of both replications

VARIANTS = {
    "chandrasekar": StridedCNN(),
    "roy": StridedCNN(
        filters=(1, 32, 32), padding="valid", pool_stride=1, over_time="mean", initializer="torch"
    ),
    "roy_improved": StridedCNN(
        filters=(128, 128, 512, 512),
        padding="valid",
        pool_stride=1,
        over_time="mean",
        batch_norm=True,
        conv_dropout=0.5,
        initializer="torch",
    ),
}
