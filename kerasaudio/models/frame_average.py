"""The average of the frames of an example, and a multi-layer perceptron on it.

Source: Alain and Bengio 2016, Understanding intermediate layers using linear classifier probes
(arXiv 1610.01644), whose probes have no hidden layer.
"""

from dataclasses import dataclass

from keras import KerasTensor, ops

from kerasaudio.models.mlp import MLP


@dataclass(frozen=True)
class FrameAverage:
    """A network on the mean of all frames, such as embeddings of one-second pieces.

    Args:
        network: The network; without hidden layers it is a linear classifier.
    """

    network: MLP = MLP(units=(), dropout=())

    def __call__(self, features: KerasTensor, labels: int) -> KerasTensor:
        """(batch, frames, values) -> (batch, labels) logits."""
        return self.network(ops.mean(features, axis=1), labels)
