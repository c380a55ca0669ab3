"""Dieleman's network on samples: a long strided convolution, then short ones.

Source: Dieleman and Schrauwen, End-to-end learning for music audio (2014), as replicated at the
University of Bristol (COMSM0045) by Chandrasekar and by Roy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from keras import KerasTensor, layers, regularizers

from kerasaudio.errors import UserError
from kerasaudio.models.conv_blocks import dropped, normalize
from kerasaudio.models.torch_layers import uniform


@dataclass(frozen=True)
class StridedCNN:
    """A long strided convolution that takes the place of a spectrogram, then short convolutions.

    Every convolution is followed by batch normalization (if chosen) and ReLU, and all but the first
    by a maximum pool. The head is a hidden dense layer and the layer of the logits. The fields that
    begin with `norm_` and end with `_dropout` are the places where the replications may have had
    batch normalization and dropout.

    Args:
        length: Kernel size of the first convolution in samples.
        stride: Stride of the first convolution in samples.
        filters: Output channels of each convolution, two entries or more.
        kernel: Kernel size of the other convolutions in steps.
        padding: Padding of the other convolutions, "same" or "valid".
        pool: Size of the pools in steps.
        pool_stride: Stride of the pools in steps.
        over_time: What happens to the steps after the last pool: "flatten" keeps them all, "mean"
            averages them.
        units: Units of the hidden dense layer.
        batch_norm: Whether the convolutions have batch normalization.
        norm_input: Whether the input of the first convolution is batch-normalized.
        norm_dense: Whether the hidden dense layer has batch normalization.
        conv_dropout: Dropout rate after the ReLU of the last convolution, in [0, 1).
        each_dropout: Dropout rate after the ReLU of every convolution but the last, in [0, 1).
        feature_dropout: Dropout rate before the hidden dense layer, in [0, 1).
        dense_dropout: Dropout rate after the ReLU of the hidden dense layer, in [0, 1).
        initializer: "he_normal" (kernels) or "torch" (PyTorch's, for kernels and biases).
        l2: Weight decay of all kernels, 0 or more; its gradient is `l2 * kernel`, as that of
            `weight_decay` in PyTorch.

    Raises:
        UserError: If a value is out of range.
    """

    length: int = 256
    stride: int = 256
    filters: tuple[int, ...] = (32, 32, 32)
    kernel: int = 8
    padding: Literal["same", "valid"] = "same"
    pool: int = 4
    pool_stride: int = 4
    over_time: Literal["flatten", "mean"] = "flatten"
    units: int = 100
    batch_norm: bool = False
    norm_input: bool = False
    norm_dense: bool = False
    conv_dropout: float = 0.0
    each_dropout: float = 0.0
    feature_dropout: float = 0.0
    dense_dropout: float = 0.0
    initializer: Literal["he_normal", "torch"] = "he_normal"
    l2: float = 0.0

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
                "model StridedCNN: expected sizes of at least 1 and filters of two convolutions "
                "or more."
            )
        for name in ("conv_dropout", "each_dropout", "feature_dropout", "dense_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(
                    f"model StridedCNN has {name} {getattr(self, name)}: expected a rate in [0, 1)."
                )
        if not self.l2 >= 0:
            raise UserError(f"model StridedCNN has l2 {self.l2}: expected 0 or more.")

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, channels) -> (batch, labels) logits.

        Raises:
            ValueError: If there are too few frames (raised by Keras).
        """
        return self.head(self.features(features), labels)

    def features(self, inputs: KerasTensor) -> KerasTensor:
        """(batch, frames, channels) -> (batch, features), the input of the head.

        Raises:
            ValueError: If there are too few frames (raised by Keras).
        """
        hidden = normalize(inputs) if self.norm_input else inputs
        hidden = self._convolve(hidden, self.filters[0], self.length, self.stride, "valid")
        hidden = dropped(hidden, self.each_dropout)
        for number, filters in enumerate(self.filters[1:], start=2):
            hidden = self._convolve(hidden, filters, self.kernel, 1, self.padding)
            last = number == len(self.filters)
            hidden = dropped(hidden, self.conv_dropout if last else self.each_dropout)
            hidden = layers.MaxPooling1D(self.pool, self.pool_stride)(hidden)
        if self.over_time == "flatten":
            return layers.Flatten()(hidden)
        return layers.GlobalAveragePooling1D()(hidden)

    def head(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, features) -> (batch, labels) logits."""
        hidden = dropped(features, self.feature_dropout)
        hidden = layers.Dense(self.units, **self._weights(features.shape[-1]))(hidden)
        hidden = layers.ReLU()(normalize(hidden) if self.norm_dense else hidden)
        hidden = dropped(hidden, self.dense_dropout)
        return layers.Dense(labels, **self._weights(self.units), name="logits")(hidden)

    def _convolve(
        self, inputs: KerasTensor, filters: int, kernel: int, stride: int, padding: str
    ) -> KerasTensor:
        weights = self._weights(kernel * inputs.shape[-1])
        hidden = layers.Conv1D(filters, kernel, strides=stride, padding=padding, **weights)(inputs)
        return layers.ReLU()(normalize(hidden) if self.batch_norm else hidden)

    def _weights(self, fan_in: int) -> dict[str, Any]:
        """Returns a layer's initializers and regularizer, as arguments of Keras layers."""
        # Keras' L2(x) has the gradient 2 * x * kernel.
        decay = {"kernel_regularizer": regularizers.L2(self.l2 / 2)} if self.l2 else {}
        if self.initializer == "he_normal":
            return decay | {"kernel_initializer": "he_normal"}
        return decay | {"kernel_initializer": uniform(fan_in), "bias_initializer": uniform(fan_in)}


# The pairs of length and stride that both replications tried.
LENGTHS_AND_STRIDES = ((1024, 1024), (1024, 512), (512, 512), (512, 256), (256, 256))

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
