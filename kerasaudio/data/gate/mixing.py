"""Mixtures of targets and backgrounds. A mixture is a function of a seed and its number alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasaudio.data.gate.clips import QUIET, Clip, smoothed_power, sounding_in
from kerasaudio.data.gate.variation import varied

CONDITIONS = {"clean": math.inf, "10 dB": 10.0, "0 dB": 0.0, "-5 dB": -5.0}  # by their SNR
SPREAD = 3.0  # dB that a target may be louder or softer than the mixture's SNR says
FLOOR_DB = (-90.0, -70.0)  # level of the white noise that every recording has, in dB of full scale
LOUDEST = 0.99  # peak of a mixture


@dataclass(frozen=True)
class Recipe:
    """What a mixture is made of; see the fields of `GateMixtures`."""

    samples: int
    snr_db: tuple[float, float]
    level_db: tuple[float, float]
    most: int
    without: float
    hits: float
    speed: tuple[float, float]
    rate: int
    vary: bool
    open_db: float
    bridge: float  # seconds


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture by its parts, whose sum it is.

    Args:
        target: The target alone, float32 of shape `(samples,)`.
        background: Everything else.
        active: Whether the target sounds, a boolean a sample.
    """

    target: np.ndarray
    background: np.ndarray
    active: np.ndarray

    @property
    def sound(self) -> np.ndarray:
        """What is heard, float32 of shape `(samples,)`."""
        return self.target + self.background


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A mixture without its background, and what is needed to add that."""

    random: np.random.Generator
    snr: float
    level: float
    floor: np.ndarray
    target: np.ndarray
    active: np.ndarray


@dataclass(frozen=True, eq=False)
class Mixer:
    """Makes the mixtures of one split.

    Args:
        targets: Clips of the target.
        backgrounds: Clips of all else.
        recipe: What a mixture is made of.
        seed: Numbers that, with a mixture's number, decide everything that is drawn.
        fixed: Whether mixtures take the SNRs of `CONDITIONS` in turn, instead of drawing one.
    """

    targets: Sequence[Clip]
    backgrounds: Sequence[Clip]
    recipe: Recipe
    seed: tuple[int, ...]
    fixed: bool

    def condition(self, number: int) -> str:
        """Returns the SNR of a mixture in words."""
        return list(CONDITIONS)[number % len(CONDITIONS)] if self.fixed else "any"

    def mix(self, number: int) -> Mixture:
        """Returns a mixture.

        Args:
            number: Its number, 0 or more.
        """
        drawn = self._drawn(number)
        background = self._background(drawn.random) * 10 ** (-drawn.snr / 20)
        peak = float(np.abs(drawn.target + background).max())
        level = min(drawn.level, LOUDEST / max(peak, 1e-9))
        return Mixture(
            (level * drawn.target).astype(np.float32),
            (level * background + drawn.floor).astype(np.float32),
            drawn.active,
        )

    def active(self, number: int) -> np.ndarray:
        """Returns where the target sounds in a mixture, which is quicker to tell than the rest."""
        return self._drawn(number).active

    def _drawn(self, number: int) -> _Drawn:
        recipe, random = self.recipe, np.random.default_rng((*self.seed, number))
        drawn = random.uniform(*recipe.snr_db)
        snr = CONDITIONS[self.condition(number)] if self.fixed else drawn
        level = 10 ** (random.uniform(*recipe.level_db) / 20)
        floor = 10 ** (random.uniform(*FLOOR_DB) / 20) * random.standard_normal(
            recipe.samples, np.float32
        )
        return _Drawn(random, snr, level, floor, *self._targets(random))

    def _targets(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        recipe = self.recipe
        target, active = np.zeros(recipe.samples, np.float32), np.zeros(recipe.samples, bool)
        count = 0 if random.random() < recipe.without else random.integers(1, recipe.most + 1)
        for _ in range(count):
            clip, sounding = self._played(random, self.targets)
            gain = 10 ** (random.uniform(-SPREAD, SPREAD) / 20)
            start = int(random.integers(0, max(1, recipe.samples - len(clip) // 2)))
            length = min(len(clip), recipe.samples - start)
            target[start : start + length] += gain * clip[:length]
            active[start : start + length] |= sounding[:length]
        return target, active

    def _background(self, random: np.random.Generator) -> np.ndarray:
        """One background throughout, or short ones at random times; its level is 1."""
        if not self.recipe.hits:
            clip, _ = self._played(random, self.backgrounds)
            first, samples = int(random.integers(0, len(clip))), self.recipe.samples
            return np.tile(clip, 1 + -(-samples // len(clip)))[first : first + samples]
        samples = self.recipe.samples
        heard = math.ceil(samples * self.recipe.speed[1]) + 1
        found = np.zeros(samples, np.float32)
        for _ in range(random.poisson(self.recipe.hits * samples / self.recipe.rate) + 1):
            clip, _ = self._played(random, self.backgrounds, heard)
            start = int(random.integers(0, samples))
            length = min(len(clip), samples - start)
            found[start : start + length] += 10 ** (random.uniform(-6, 6) / 20) * clip[:length]
        return found / max(float(np.sqrt(np.square(found).mean())), 1e-6)

    def _played(
        self, random: np.random.Generator, clips: Sequence[Clip], samples: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """A clip, or its first samples, played at a random speed as a tape, and where it sounds."""
        clip, recipe = clips[random.integers(len(clips))], self.recipe
        sound, active = clip.sound[:samples], clip.active[:samples]
        speed = random.uniform(*recipe.speed)
        if speed != 1:
            places = np.arange(0, len(sound) - 1, speed)
            sound = np.interp(places, np.arange(len(sound)), sound)
            active = active[places.astype(int)]
        return self._varied(random, sound, active) if recipe.vary else (sound, active)

    def _varied(
        self, random: np.random.Generator, sound: np.ndarray, active: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """A clip made different, at the level of before, and where it sounds now."""
        recipe = self.recipe
        found = varied(sound, random, recipe.rate)
        power = smoothed_power(found, recipe.rate)
        is_target = bool(active.any())
        if is_target:
            active = sounding_in(power, recipe.rate, recipe.open_db, recipe.bridge)
        level = np.sqrt((power[active] if is_target else power).mean())
        return found / max(level, QUIET), active


def frame_labels(active: np.ndarray, hop: int, delay: int) -> np.ndarray:
    """Returns whether the target sounds in each frame, later by a look-ahead.

    Args:
        active: A boolean a sample.
        hop: Samples in a frame.
        delay: Frames by which an answer comes later, since it may look that far ahead.

    Returns:
        uint8 array of shape `(frames,)`.
    """
    frames = active[: len(active) // hop * hop].reshape(-1, hop).any(axis=1)
    return np.pad(frames, (delay, 0))[: len(frames)].astype(np.uint8)
