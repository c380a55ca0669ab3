"""Synthetic targets and backgrounds of a gate: gliding harmonics, and noises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

RATE = 16_000  # Hz
GROUPS, TAKES = 10, 2
SEED = 20261127
NAMES = "{place}/{fold}-{group}-snare-{kit}-{take}.wav", "{place}/{fold}-{group}-{kit}-{take}.wav"
KITS = ("LM-2", "TR-505", "CR-78")  # every expression on names that an experiment uses finds some


def write(root: Path, targets: Sequence[str], backgrounds: Sequence[str]) -> None:
    """Writes 20 clips into the folders of the target and of the background.

    Args:
        root: The data root.
        targets: Folders of the target, relative to the root.
        backgrounds: Folders of the background.
    """
    import soundfile  # slow to import, and only needed here

    kinds = ((targets, NAMES[0], _voice), (backgrounds, NAMES[1], _noise))
    for number, (places, name, make) in enumerate(kinds):
        for group in range(GROUPS):
            for take in range(TAKES):
                random = np.random.default_rng((SEED, number, group, take))
                place = places[group % len(places)]
                kit = KITS[group % len(KITS)]
                values = {"place": place, "fold": group % 5 + 1, "group": group, "take": take}
                path = root / name.format(**values, kit=kit)
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, make(random), RATE, subtype="PCM_16")


def _voice(random: np.random.Generator) -> np.ndarray:
    time = np.arange(int(RATE * random.uniform(0.2, 0.6))) / RATE
    pitch = random.uniform(100, 250) * (1 + 0.2 * np.sin(2 * np.pi * random.uniform(1, 4) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 12))
    return 0.2 * tone * np.hanning(len(time)) ** 0.5


def _noise(random: np.random.Generator) -> np.ndarray:
    noise = random.normal(size=int(RATE * random.uniform(2, 4)))
    width = int(random.integers(1, 20))
    smooth = np.convolve(noise, np.ones(width) / np.sqrt(width), "same")
    beat = 1 + 0.5 * np.sin(2 * np.pi * random.uniform(0.5, 3) * np.arange(len(noise)) / RATE)
    return np.clip(0.1 * smooth * beat, -1, 1)
