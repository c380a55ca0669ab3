"""More positives from those that there are: whole copies of clips, changed; for a training split alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

LOWEST, HIGHEST = 0, 255


@dataclass(frozen=True)
class Shift:
    """Two copies of a clip, every byte `constant` higher and lower.

    Source: audioset-speech paper, section on augmentation; its constant was 10 before it was 5.
    """

    constant: int = 5

    def __call__(self, frames: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        """(clips, frames, bands) -> copies of the same shape by name; frames of 0, which are padding, stay 0."""
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
    """Half of a clip plus half of another one, drawn at random; as many as there are clips."""

    def __call__(self, frames: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        """(clips, frames, bands) -> mixes of the same shape, by name."""
        partners = random.permutation(len(frames))
        mixed = 0.5 * frames.astype(np.float32) + 0.5 * frames[partners].astype(np.float32)
        return {"mix": mixed.clip(LOWEST, HIGHEST)}


@dataclass(frozen=True)
class ShiftAndMix:
    """Both."""

    shift: Shift = field(default_factory=Shift)
    mix: Mix = field(default_factory=Mix)

    def __call__(self, frames: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        """(clips, frames, bands) -> copies of the same shape, by name."""
        return self.shift(frames, random) | self.mix(frames, random)


Augment = Shift | Mix | ShiftAndMix
