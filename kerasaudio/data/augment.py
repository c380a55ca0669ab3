"""More positive training examples: changed copies of the clips that there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

LOWEST, HIGHEST = 0, 255


class Change(Protocol):
    """How a copy is made from a clip and from a partner, which is another clip or the same."""

    @property
    def dtype(self) -> np.dtype:
        """The type of a copy's numbers."""
        ...

    def __call__(self, frames: np.ndarray, partners: np.ndarray) -> np.ndarray:
        """(clips, frames, bands), twice -> copies of the same shape."""
        ...


@dataclass(frozen=True)
class Add:
    """Adds a constant to all bytes; frames of 0, which are padding, stay 0.

    Args:
        constant: The constant, in byte steps.
    """

    constant: int
    dtype = np.dtype(np.uint8)

    def __call__(self, frames: np.ndarray, partners: np.ndarray) -> np.ndarray:
        """(clips, frames, bands), twice -> copies of the same shape."""
        real = frames.any(axis=-1, keepdims=True)
        shifted = (frames.astype(np.int16) + self.constant).clip(LOWEST, HIGHEST)
        return np.where(real, shifted, 0).astype(self.dtype)


@dataclass(frozen=True)
class Halves:
    """Half of each clip plus half of its partner."""

    dtype = np.dtype(np.float32)

    def __call__(self, frames: np.ndarray, partners: np.ndarray) -> np.ndarray:
        """(clips, frames, bands), twice -> copies of the same shape."""
        mixed = 0.5 * frames.astype(self.dtype) + 0.5 * partners.astype(self.dtype)
        return mixed.clip(LOWEST, HIGHEST)


@dataclass(frozen=True)
class Copy:
    """One copy of each of some clips.

    Args:
        change: How it is made.
        partners: Number of each clip's partner among the clips, of shape `(clips,)`.
    """

    change: Change
    partners: np.ndarray


class Copies:
    """What all augmentations have in common."""

    def copies(self, clips: int, random: np.random.Generator) -> dict[str, Copy]:
        """Returns how the copies of some clips are made, by name.

        Args:
            clips: Number of clips.
            random: Where partners are drawn.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Shift(Copies):
    """Two copies of each clip: all bytes higher and lower by a constant.

    Args:
        constant: The constant, in byte steps.

    Source: audioset-speech paper, section on augmentation; its constant was 10 before it was 5.
    """

    constant: int = 5

    def copies(self, clips: int, random: np.random.Generator) -> dict[str, Copy]:
        """Returns how the copies of some clips are made, by name; see `Copies.copies`."""
        same = np.arange(clips)
        signs = (self.constant, -self.constant)
        return {f"{sign:+d}": Copy(Add(sign), same) for sign in signs}


@dataclass(frozen=True)
class Mix(Copies):
    """Half of each clip plus half of another one, which is drawn."""

    def copies(self, clips: int, random: np.random.Generator) -> dict[str, Copy]:
        """Returns how the copies of some clips are made, by name; see `Copies.copies`."""
        return {"mix": Copy(Halves(), random.permutation(clips))}


@dataclass(frozen=True)
class ShiftAndMix(Copies):
    """The copies of `Shift` and those of `Mix`.

    Args:
        shift: The first augmentation.
        mix: The second one.
    """

    shift: Shift = field(default_factory=Shift)
    mix: Mix = field(default_factory=Mix)

    def copies(self, clips: int, random: np.random.Generator) -> dict[str, Copy]:
        """Returns how the copies of some clips are made, by name; see `Copies.copies`."""
        return self.shift.copies(clips, random) | self.mix.copies(clips, random)


Augment = Shift | Mix | ShiftAndMix
