"""Another front end, with random changes of the training examples before and after it."""

from __future__ import annotations

from dataclasses import dataclass

from keras import KerasTensor

from kerasaudio.errors import UserError
from kerasaudio.frontends.embedding import Embedding
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.low_pass import LowPass
from kerasaudio.frontends.mixup import Mixup
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.scaling import Scaling
from kerasaudio.frontends.sound_augmentations import Gain, Noise, TimeShift
from kerasaudio.frontends.spec_augment import SpecAugment
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.frontends.windows import Windows


@dataclass(frozen=True)
class Augmented:
    """Another front end; training examples are changed at random, all others are not.

    What stands before a spectrogram makes every epoch compute it anew for the training examples;
    what stands after it changes cached ones.

    Args:
        inner: The front end.
        before: Changes of what the data set gives, in their order.
        after: Changes of what the inner front end gives, in their order.

    Raises:
        UserError: If there are two of `Mixup`.
    """

    inner: Normalized | LogMel | Embedding | Waveform | Windows | LowPass | Standardize | Scaling
    before: tuple[TimeShift | Gain | Noise | Mixup, ...] = ()
    after: tuple[SpecAugment | Mixup, ...] = ()

    def __post_init__(self) -> None:
        mixups = [each for each in (*self.before, *self.after) if isinstance(each, Mixup)]
        if len(mixups) > 1:
            raise UserError(
                f"frontend Augmented has {len(mixups)} of Mixup: expected one, before or after "
                "the front end."
            )

    @property
    def any_length(self) -> bool:
        """Whether the inner front end takes sound of any length."""
        return self.inner.any_length

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, ...) -> the output shape of the inner front end.

        Raises:
            UserError: If a change or the inner front end does not fit the examples.
        """
        for before in self.before:
            inputs = before(inputs, rate)
        features = self.inner(inputs, rate)
        for after in self.after:
            features = after(features, rate)
        return features
