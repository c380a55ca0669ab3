"""Synthetic recordings of four kinds, in a folder for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

RATE = 22_050  # Hz
SOURCES, TAKES = 10, 2  # recordings of a kind, and parts of each
SEED = 20261126


def _hum(time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    root = random.uniform(80, 160)
    return sum(np.sin(2 * np.pi * n * root * time) / n for n in range(1, 8)) * 0.3


def _clicks(time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    phase = (time * random.uniform(2, 5)) % 1
    return random.normal(size=len(time)) * np.exp(-60 * phase)


def _hiss(time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    noise = np.cumsum(random.normal(size=len(time)))
    return np.gradient(noise) * (1 + 0.5 * np.sin(2 * np.pi * random.uniform(0.2, 0.6) * time))


def _siren(time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    low, speed = random.uniform(500, 900), random.uniform(0.4, 1)
    pitch = low * (1.5 + 0.5 * np.sin(2 * np.pi * speed * time))
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "clicks": _clicks,
    "hiss": _hiss,
    "hum": _hum,
    "siren": _siren,
}


def write(folder: Path) -> None:
    """Writes 20 recordings of 2 to 4 s of each kind, as KIND/SOURCE-TAKE.wav.

    Args:
        folder: The folder of the kinds' folders, which must not be there yet.
    """
    import soundfile  # slow to import, and only needed here

    for number, (kind, make) in enumerate(KINDS.items()):
        (folder / kind).mkdir(parents=True)
        for source in range(SOURCES):
            for take in range(TAKES):
                random = np.random.default_rng((SEED, number, source, take))
                time = np.arange(int(RATE * random.uniform(2, 4))) / RATE
                sound = make(time, random) + 0.1 * random.normal(size=len(time))
                level = random.uniform(0.2, 0.8) / np.abs(sound).max()
                name = f"{kind[0]}{source:02d}-{take}.wav"
                soundfile.write(folder / kind / name, level * sound, RATE, subtype="PCM_16")
