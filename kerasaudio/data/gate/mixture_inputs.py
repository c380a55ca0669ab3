"""Mixtures as inputs of a split: each is made when a batch needs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from kerasaudio.data.gate.mixing import Mixer, Mixture
from kerasaudio.data.host import on_host
from kerasaudio.data.parallel import THREADS

MADE_AT_ONCE = 32  # mixtures of a batch in order: more would not fit as spectrograms into memory


@dataclass(frozen=True, eq=False)
class MixtureInputs:
    """Mixtures of sounds.

    Args:
        members: What makes each mixture, and its number there.
    """

    members: tuple[tuple[Mixer, int], ...]

    def __len__(self) -> int:
        return len(self.members)

    def __add__(self, other: MixtureInputs) -> MixtureInputs:
        return MixtureInputs(self.members + other.members)

    def mixture(self, number: int) -> Mixture:
        """Returns a mixture by its parts."""
        mixer, own = self.members[number]
        return mixer.mix(own)

    def condition(self, number: int) -> str:
        """Returns the SNR of a mixture in words."""
        mixer, own = self.members[number]
        return mixer.condition(own)

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        size = min(batch_size, MADE_AT_ONCE) if numbers is None else batch_size
        order = tf.data.Dataset.range(len(self)) if numbers is None else numbers
        samples, truth = self.members[0][0].recipe.samples, on_host(targets)

        def read(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            sound = tf.numpy_function(self._sounds, [chosen], tf.float32, stateful=False)
            return tf.ensure_shape(sound, (None, samples)), tf.gather(truth, chosen)

        return (
            order.batch(size).map(read, num_parallel_calls=THREADS, deterministic=True).prefetch(2)
        )

    def _sounds(self, numbers: np.ndarray) -> np.ndarray:
        return np.stack([self.mixture(int(number)).sound for number in numbers])
