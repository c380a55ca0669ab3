"""Dense layers on each frame, pooling of the frames by attention, and a dense layer on the result.

Source: pooling by attention as in Ilse et al. 2018 (arXiv 1802.04712) and Kong et al. 2018 (arXiv
1711.00927, on these embeddings); width, heads and dropout were chosen here on the validation split.
"""

from dataclasses import dataclass

from keras import KerasTensor, layers, ops

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class EmbeddingAttention:
    """A network that averages the frames of a clip with several sets of learned weights.

    Frames of 0 are padding and get no weight, so the length of a clip does not matter.

    Args:
        frame_units: Units of the dense layers on each frame.
        heads: Number of sets of weights; each set sums to 1 over the frames of a clip.
        clip_units: Units of the dense layer on the pooled frames.
        input_dropout: Dropout rate of the input, in [0, 1).
        dropout: Dropout rate after each hidden layer, in [0, 1).

    Raises:
        UserError: If a size is below 1 or a dropout rate is out of range.
    """

    frame_units: tuple[int, ...] = (512, 512)
    heads: int = 4
    clip_units: int = 1024
    input_dropout: float = 0.1
    dropout: float = 0.4

    def __post_init__(self) -> None:
        if min(*self.frame_units, self.heads, self.clip_units) < 1:
            raise UserError(
                "model.frame_units, model.heads and model.clip_units must be at least 1."
            )
        if not all(0 <= rate < 1 for rate in (self.input_dropout, self.dropout)):
            raise UserError(
                f"model.input_dropout {self.input_dropout}, model.dropout {self.dropout}: "
                "expected [0, 1)."
            )

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, bands) -> (batch, labels) logits."""
        real = ops.any(features != 0, axis=-1, keepdims=True)
        hidden = layers.Dropout(self.input_dropout)(features)
        for units in self.frame_units:
            hidden = self._block(units, hidden)
        weights = layers.Dense(self.heads)(hidden)
        weights = ops.softmax(ops.where(real, weights, -1e9), axis=1)
        pooled = layers.Flatten()(ops.einsum("bth,btu->bhu", weights, hidden))
        return layers.Dense(labels)(self._block(self.clip_units, pooled))

    def _block(self, units: int, hidden: KerasTensor) -> KerasTensor:
        hidden = layers.BatchNormalization()(layers.Dense(units)(hidden))
        return layers.Dropout(self.dropout)(layers.ReLU()(hidden))
