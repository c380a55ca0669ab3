"""Residual convolutions on samples that weigh their channels, and a head that sees several of them.

Source: Kim, Lee and Nam, Sample-level CNN architectures for music auto-tagging using raw waveforms
(2018), there "ReSE-2 with multi-level feature aggregation"; layers, rates and initializers that the
paper leaves open are those of the authors' code, https://github.com/tae-jun/resemul.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import KerasTensor, layers

from kerasaudio.errors import UserError
from kerasaudio.models.conv_blocks import Conv, Initializer, dropped, normalize


@dataclass(frozen=True)
class ResidualCNN:
    """A strided convolution, residual blocks with a pool each, and dense layers on the last ones.

    A block adds its input to the output of its convolutions, whose channels are first multiplied by
    weights between 0 and 1 that two dense layers compute from their averages over time
    ("squeeze-and-excitation"). The head gets the largest value over time of each channel of the
    last `levels` blocks. For 50 labels the network has 26,980,146 weights.

    Args:
        filters: Output channels of each block; those of the first are also the first convolution's.
        kernel: Kernel size of the blocks' convolutions.
        pool: Size and stride of the blocks' pools, and of the first convolution.
        convs: Convolutions in a block, the paper's number behind "Res" and "ReSE".
        expansion: Units of the first of the two dense layers of a block, as a factor of its
            channels; 0 leaves the weights of the channels away ("Res").
        levels: Number of last blocks that the head sees; 1 is no aggregation.
        block_dropout: Dropout rate between the convolutions of a block, in [0, 1).
        dropout: Dropout rate before the last layer, in [0, 1).
        initializer: How the kernels of the convolutions begin, by Keras' name.

    Raises:
        UserError: If a value is out of range.
    """

    filters: tuple[int, ...] = (128, 128, 256, 256, 256, 256, 256, 256, 512)
    kernel: int = 3
    pool: int = 3
    convs: int = 2
    expansion: int = 16
    levels: int = 3
    block_dropout: float = 0.2
    dropout: float = 0.5
    initializer: Initializer = "he_uniform"

    def __post_init__(self) -> None:
        if not self.filters or min(*self.filters, self.kernel, self.pool, self.convs) < 1:
            raise UserError("model ResidualCNN: expected one block or more, and sizes from 1 up.")
        if self.expansion < 0 or not 1 <= self.levels <= len(self.filters):
            raise UserError(
                f"model ResidualCNN has expansion {self.expansion} and levels {self.levels}: "
                f"expected an expansion from 0 up and 1 to {len(self.filters)} levels."
            )
        if not (0 <= self.block_dropout < 1 and 0 <= self.dropout < 1):
            raise UserError(
                f"model ResidualCNN has block_dropout {self.block_dropout} and dropout "
                f"{self.dropout}: expected rates in [0, 1)."
            )

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
        first = Conv(self.filters[0], self.pool, stride=self.pool, initializer=self.initializer)
        hidden = first(inputs)
        found = []
        for filters in self.filters:
            hidden = self._block(hidden, filters)
            found.append(layers.GlobalMaxPooling1D()(hidden))
        last = found[-self.levels :]
        return layers.Concatenate()(last) if len(last) > 1 else last[0]

    def head(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, features) -> (batch, labels) logits."""
        hidden = layers.ReLU()(normalize(layers.Dense(features.shape[-1])(features)))
        hidden = dropped(hidden, self.dropout)
        return layers.Dense(labels, name="logits")(hidden)

    def _block(self, inputs: KerasTensor, filters: int) -> KerasTensor:
        shortcut = inputs
        if inputs.shape[-1] != filters:
            shortcut = normalize(layers.Conv1D(filters, 1)(inputs))
        hidden = self._convolve(inputs, filters)
        for _ in range(self.convs - 1):
            hidden = layers.ReLU()(hidden)
            hidden = dropped(hidden, self.block_dropout)
            hidden = self._convolve(hidden, filters)
        if self.expansion:
            hidden = layers.Multiply()([hidden, self._excitation(hidden)])
        return layers.MaxPooling1D(self.pool)(layers.ReLU()(layers.Add()([shortcut, hidden])))

    def _convolve(self, inputs: KerasTensor, filters: int) -> KerasTensor:
        convolution = layers.Conv1D(
            filters, self.kernel, padding="same", kernel_initializer=self.initializer
        )
        return normalize(convolution(inputs))

    def _excitation(self, hidden: KerasTensor) -> KerasTensor:
        """(batch, frames, channels) -> (batch, 1, channels), the weight of each channel."""
        channels = hidden.shape[-1]
        average = layers.GlobalAveragePooling1D(keepdims=True)(hidden)
        expanded = layers.Dense(self.expansion * channels, activation="relu")(average)
        return layers.Dense(channels, activation="sigmoid")(expanded)
