"""Ten synthetic genres as WAV files in GTZAN's layout.

They differ in tempo, rhythm, timbre and colour of noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasaudio.data.gtzan_clips import FILTERED, GENRES, filtered_clips

RATE = 22_050  # Hz
SAMPLES = 661_794  # of most clips of 30 s
EACH = {"train": 4, "valid": 2, "test": 2}  # clips a genre, of those that the filtered split names
SEED = 20260102


@dataclass(frozen=True)
class Style:
    """What the clips of a genre have in common.

    Args:
        tempo: Beats a minute.
        pattern: The sixteenths of a bar: x is a hit, - a tone, and . a rest.
        harmonics: Number of harmonics of a tone.
        noise: Level of the hits' noise, from 0 to 1.
        root: Frequency of the lowest note, in Hz.
    """

    tempo: float
    pattern: str
    harmonics: int
    noise: float
    root: float


STYLES = dict(
    zip(
        GENRES,
        (
            Style(76, "x--.-.x-x--.-.-.", 6, 0.2, 110),
            Style(64, "--------.-----.-", 2, 0.0, 262),
            Style(104, "x.-.x.-.x.-.x.--", 9, 0.1, 196),
            Style(120, "x.-.x.-.x.-.x.-.", 4, 0.6, 147),
            Style(90, "x..x..-.x.x...-.", 1, 0.8, 55),
            Style(140, "x.-x.-x-.-x.-x.-", 5, 0.3, 175),
            Style(168, "xxxxxxxxxxxxxxxx", 24, 0.9, 82),
            Style(116, "x---x---x---x---", 3, 0.4, 330),
            Style(72, "..-...-...-...-.", 2, 0.5, 98),
            Style(132, "x.x.-.x.x.x.-.x.", 14, 0.5, 123),
        ),
        strict=True,
    )
)


def write(folder: Path) -> None:
    """Writes eight clips of each genre, with names from the filtered split.

    Args:
        folder: The folder of the genres' folders, which must not be there yet.
    """
    import soundfile  # slow to import, and only needed here

    for genre in GENRES:
        (folder / genre).mkdir(parents=True)
        for split in FILTERED:
            names = [name for name in filtered_clips(split) if name.startswith(f"{genre}.")]
            for name in names[: EACH[split]]:
                number = int(name.partition(".")[2])
                random = np.random.default_rng((SEED, GENRES.index(genre), number))
                soundfile.write(
                    folder / genre / f"{name}.wav",
                    clip(STYLES[genre], random),
                    RATE,
                    subtype="PCM_16",
                )


def clip(style: Style, random: np.random.Generator) -> np.ndarray:
    """Returns two bars over and over, with a tempo, pitch and level of the clip's own.

    Args:
        style: The genre's style.
        random: Where the clip's own values are drawn.

    Returns:
        float32 array of shape `(661794,)`, in [-1, 1], at 22,050 Hz.
    """
    tempo, root = (
        style.tempo * random.uniform(0.93, 1.07),
        style.root * 2 ** random.uniform(-0.4, 0.4),
    )
    step = int(RATE * 60 / tempo / 4)
    bars = np.concatenate([_step(sign, style, root, step, random) for sign in style.pattern * 2])
    wave = np.resize(bars, SAMPLES)
    wave = 0.7 * random.uniform(0.5, 1) * wave / np.abs(wave).max()
    return (wave + 0.002 * random.standard_normal(SAMPLES, dtype=np.float32)).astype(np.float32)


def _step(
    sign: str, style: Style, root: float, samples: int, random: np.random.Generator
) -> np.ndarray:
    """One sixteenth: a hit of noise, a tone of a pentatonic scale, or nothing."""
    time = np.arange(samples) / RATE
    if sign == ".":
        return np.zeros(samples)
    pitch = root * 2 ** (random.choice([0, 2, 4, 7, 9]) / 12)
    tone = sum(
        np.sin(2 * np.pi * number * pitch * time) / number
        for number in range(1, style.harmonics + 1)
    )
    hit = style.noise * random.normal(size=samples) * np.exp(-40 * time) if sign == "x" else 0
    return np.exp(-4 * time) * tone + hit
