"""More positive training examples: changed copies of the clips that there are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

LOWEST, HIGHEST = 0, 255


@dataclass(frozen=True)
class Shift:
    """Two copies of each clip: all bytes higher and lower by a constant.

    Args:
        constant: The constant, in byte steps.

    Source: audioset-speech paper, section on augmentation; its constant was 10 before it was 5.
    """

    constant: int = 5

    def __call__(self, frames: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        """(clips, frames, bands) -> copies of the same shape, by name.

        Frames of 0, which are padding, stay 0.
        """
        real = frames.any(axis=-1, keepdims=True)
        each = {
            f"{sign:+d}": frames.astype(np.int16) + sign for sign in (self.constant, -self.constant)
        }
        return {
            name: np.where(real, shifted.clip(LOWEST, HIGHEST), 0).astype(frames.dtype)
            for name, shifted in each.items()
        }


@dataclass(frozen=True)
class Mix:
    """Half of each clip plus half of another one, which is drawn."""

    def __call__(self, frames: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        """(clips, frames, bands) -> mixes of the same shape, by name."""
        partners = random.permutation(len(frames))
        mixed = 0.5 * frames.astype(np.float32) + 0.5 * frames[partners].astype(np.float32)
        return {"mix": mixed.clip(LOWEST, HIGHEST)}


@dataclass(frozen=True)
class ShiftAndMix:
    """The copies of `Shift` and those of `Mix`.

    Args:
        shift: The first augmentation.
        mix: The second one.
    """

    shift: Shift = field(default_factory=Shift)
    mix: Mix = field(default_factory=Mix)

    def __call__(self, frames: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        """(clips, frames, bands) -> copies of the same shape, by name."""
        return self.shift(frames, random) | self.mix(frames, random)


Augment = Shift | Mix | ShiftAndMix
