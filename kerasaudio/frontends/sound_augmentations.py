"""Random changes of sound: shifts in time, gains, and recordings of noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import keras
from keras import KerasTensor, ops

from kerasaudio.errors import UserError
from kerasaudio.frontends.augmentation import AugmentationLayer, check
from kerasaudio.frontends.noise import noise_bank


@dataclass(frozen=True)
class TimeShift:
    """Moves a sound in time; what leaves it at one end comes in at the other.

    Args:
        seconds: Largest shift, in both directions, above 0.

    Raises:
        UserError: If `seconds` is not above 0.
    """

    seconds: float = 0.5

    def __post_init__(self) -> None:
        check(self, "seconds", self.seconds > 0, "a number above 0")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) -> (batch, samples).

        Raises:
            UserError: If the examples are not sound.
        """
        limit = max(1, round(self.seconds * _rate(self, inputs, rate)))
        return TimeShiftLayer(limit=limit, name="time_shift")(inputs)


@dataclass(frozen=True)
class Gain:
    """Makes a sound louder or quieter.

    Args:
        decibels: Largest change, in both directions, above 0.

    Raises:
        UserError: If `decibels` is not above 0.
    """

    decibels: float = 6.0

    def __post_init__(self) -> None:
        check(self, "decibels", self.decibels > 0, "a number above 0")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) -> (batch, samples).

        Raises:
            UserError: If the examples are not sound.
        """
        _rate(self, inputs, rate)
        return GainLayer(decibels=self.decibels, name="gain")(inputs)


@dataclass(frozen=True)
class Noise:
    """Adds a random piece of the recordings in a folder, at a random signal-to-noise ratio.

    Silence stays silent.

    Args:
        folder: Folder with recordings, also in folders below it.
        lowest: Lowest signal-to-noise ratio in dB.
        highest: Highest signal-to-noise ratio in dB.

    Raises:
        UserError: If `highest` is below `lowest`.
    """

    folder: str
    lowest: float = 0.0
    highest: float = 20.0

    def __post_init__(self) -> None:
        check(self, "highest", self.highest >= self.lowest, f"at least {self.lowest:g} (lowest)")

    def __call__(self, inputs: KerasTensor, rate: int | None) -> KerasTensor:
        """(batch, samples) -> (batch, samples).

        Raises:
            UserError: If the examples are not sound, or the folder has no recordings.
        """
        rate = _rate(self, inputs, rate)
        noise_bank(self.folder, rate)  # now, and not when a model trains its first batch
        return NoiseLayer(**asdict(self), rate=rate, name="noise")(inputs)


def _rate(augmentation: object, inputs: KerasTensor, rate: int | None) -> int:
    """The sampling rate, if the inputs are sound."""
    if rate is None or len(inputs.shape) != 2:
        raise UserError(
            f"frontend {type(augmentation).__name__} changes sound: "
            f"found inputs of shape {inputs.shape[1:]}."
        )
    return rate


@keras.saving.register_keras_serializable("kerasaudio")
class TimeShiftLayer(AugmentationLayer):
    """The layer of `TimeShift`; its `limit` is in samples."""

    def changed(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the inputs, each rolled by a random number of samples."""
        limit = self.values["limit"]
        shift = ops.cast(ops.floor(self.uniform(inputs, -limit, limit + 1)), "int32")
        samples = ops.shape(inputs)[1]
        places = ops.mod(ops.arange(samples, dtype="int32")[None] - shift, samples)
        return ops.take_along_axis(inputs, places, axis=1)


@keras.saving.register_keras_serializable("kerasaudio")
class GainLayer(AugmentationLayer):
    """The layer of `Gain`."""

    def changed(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the inputs, each with a random factor."""
        limit = self.values["decibels"]
        return inputs * ops.power(10.0, self.uniform(inputs, -limit, limit) / 20)


@keras.saving.register_keras_serializable("kerasaudio")
class NoiseLayer(AugmentationLayer):
    """The layer of `Noise`. The recordings are read when a model trains; they are not saved."""

    def changed(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the inputs with noise."""
        bank = ops.convert_to_tensor(noise_bank(self.values["folder"], self.values["rate"]))
        samples, length = ops.shape(inputs)[1], bank.shape[0]
        start = ops.cast(self.uniform(inputs) * length, "int32")
        noise = ops.take(bank, ops.mod(start + ops.arange(samples, dtype="int32")[None], length))
        ratio = self.uniform(inputs, self.values["lowest"], self.values["highest"])
        wanted = _power(inputs) / ops.power(10.0, ratio / 10)
        return inputs + noise * ops.sqrt(wanted / ops.maximum(_power(noise), 1e-12))


def _power(sound: KerasTensor) -> KerasTensor:
    return ops.mean(ops.square(sound), axis=1, keepdims=True)
