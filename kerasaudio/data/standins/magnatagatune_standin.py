"""Synthetic music in MagnaTagATune's layout, whose tags can be heard.

Nothing here is derived from real data.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kerasaudio.data.files import written
from kerasaudio.data.magnatagatune_tags import FILE, PARTS, SYNONYMS, TAGS

RATE = 12_000  # Hz
SAMPLES = 349_500
CLIPS = 480
SEED = 20260105
LOOP = 8  # beats, which then come again
PERIOD = 2048  # points of a waveform's table


@dataclass(frozen=True)
class Voice:
    """A kind of sound.

    Args:
        tags: The raw tags of a clip that has it.
        harmonics: Number of harmonics.
        slope: Harmonic number n has the level n ** -slope.
        decay: How fast a tone fades, per second; 0 for a tone that lasts.
        vibrato: Largest change of the pitch, as a share of it.
        formants: Frequencies in Hz near which harmonics are louder.
        odd: Whether only odd harmonics are there.
        pitch: Range of the lowest note in Hz.
    """

    tags: tuple[str, ...]
    harmonics: int
    slope: float
    decay: float
    vibrato: float = 0.0
    formants: tuple[float, ...] = ()
    odd: bool = False
    pitch: tuple[float, float] = (110, 200)


INSTRUMENTS = (
    Voice(("guitar", "guitars", "solo"), 12, 1.0, 4.0),
    Voice(("harpsichord", "baroque", "classical"), 22, 0.3, 9.0, pitch=(220, 300)),
    Voice(("piano", "classical", "classic"), 6, 1.6, 2.5, pitch=(130, 230)),
    Voice(("flute", "flutes", "soft"), 2, 2.2, 0.0, 0.01, pitch=(520, 650)),
    Voice(("violin", "strings", "orchestra"), 16, 0.8, 0.0, 0.02, pitch=(260, 370)),
    Voice(("cello", "strings"), 14, 0.9, 0.0, 0.015, pitch=(65, 80)),
    Voice(("synth", "electronic", "techno"), 15, 1.0, 0.0, odd=True),
    Voice(("sitar", "indian", "eastern"), 24, 0.2, 3.0, 0.03, pitch=(130, 160)),
)
SINGERS = (
    Voice(
        ("male", "male vocal", "male voice", "man", "vocals"),
        24,
        0.7,
        0.0,
        0.02,
        (500, 1000, 2400),
        pitch=(90, 120),
    ),
    Voice(
        ("female", "female vocal", "woman", "vocals"),
        16,
        0.6,
        0.0,
        0.03,
        (850, 1600, 2900),
        pitch=(220, 260),
    ),
)
NO_SINGER = ("no vocals", "no voice", "no vocal")
TEMPI = {"slow": (55.0, 75.0), "": (90.0, 115.0), "fast": (150.0, 185.0)}  # beats a minute
LEVELS = {"quiet": 0.12, "": 0.35, "loud": 0.8}  # of the loudest sample
DISTORTED = ("rock", "hard", "heavy", "metal")


def write(folder: Path, clips: int = CLIPS) -> None:
    """Writes clips, spread evenly over the folders, and the annotations of their tags.

    Args:
        folder: The folder of the sixteen folders.
        clips: Number of clips.
    """
    raw = sorted(
        {*TAGS["merged"], *TAGS["top50"], *(name for names in SYNONYMS.values() for name in names)}
    )
    rows = []
    for number in range(clips):
        part = PARTS[number % len(PARTS)]
        (folder / part).mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng((SEED, number))
        tags, wave = clip(random)
        name = f"{part}/standin-{number:05d}-0-29"
        sixteen = np.round(32_767 * wave).astype(np.int16).reshape(10, 1, -1)
        with written(folder / f"{name}.npy") as partial, partial.open("wb") as file:
            np.save(file, sixteen)
        rows.append(
            {
                "clip_id": number + 1,
                **dict.fromkeys(raw, 0),
                **dict.fromkeys(tags, 1),
                "mp3_path": f"{name}.mp3",
            }
        )
    with written(folder / FILE) as partial:
        pd.DataFrame(rows).to_csv(partial, sep="\t", index=False, quoting=csv.QUOTE_ALL)


def clip(random: np.random.Generator) -> tuple[set[str], np.ndarray]:
    """Returns the tags and the sound of a clip.

    It has an instrument, perhaps a singer and drums, a tempo and a level.

    Args:
        random: Where all of these are drawn.

    Returns:
        The raw tags, and float64 samples of shape `(349500,)` in about [-1, 1], at 12 kHz.
    """
    instrument = INSTRUMENTS[random.integers(len(INSTRUMENTS))]
    singer = SINGERS[random.integers(len(SINGERS))] if random.random() < 0.45 else None
    tempo, level = random.choice(list(TEMPI)), random.choice(list(LEVELS))
    drums, distorted = random.random() < 0.5, random.random() < 0.25
    beat = int(RATE * 60 / random.uniform(*TEMPI[tempo]))
    loop = notes(instrument, beat, random)
    if distorted:
        loop = np.tanh(8 * loop / np.abs(loop).max())
    if singer:
        loop = loop / np.abs(loop).max() + 1.2 * notes(singer, beat, random)
    if drums:
        loop = loop / np.abs(loop).max() + hits(beat, random)
    wave = np.resize(loop, SAMPLES)
    wave = LEVELS[level] * random.uniform(0.8, 1.25) * wave / np.abs(wave).max()
    wave += 0.001 * random.standard_normal(SAMPLES, dtype=np.float32)
    tags = {*instrument.tags, tempo, level, *(singer.tags if singer else NO_SINGER)} - {""}
    tags |= {"drum", "drums", "beat", "beats"} if drums else {"no beat"}
    tags |= set(DISTORTED) if distorted else set()
    if not drums and not instrument.decay:
        tags |= {"ambient", "new age"}
    return tags, wave


def notes(voice: Voice, beat: int, random: np.random.Generator) -> np.ndarray:
    """Returns eight notes of a pentatonic scale, in about [-1, 1].

    Args:
        voice: The kind of sound.
        beat: Length of a note in samples.
        random: Where the notes are drawn.
    """
    root = random.uniform(*voice.pitch)
    pitches = root * 2 ** (random.choice([0, 2, 4, 7, 9], size=LOOP) / 12)
    time = np.arange(beat, dtype=np.float32) / RATE
    wobble = 1 + voice.vibrato * np.sin(
        2 * np.pi * 5.5 * np.arange(LOOP * beat, dtype=np.float32) / RATE
    )
    phase = np.cumsum(np.repeat(pitches, beat) * wobble) / RATE
    tone = period(voice, root)[(phase * PERIOD).astype(np.int64) % PERIOD]
    return (tone.reshape(LOOP, beat) * np.exp(-voice.decay * time)).ravel()


def period(voice: Voice, root: float) -> np.ndarray:
    """Returns one period of a voice's waveform, of shape `(2048,)`.

    It lacks the harmonics that would lie above half the sampling rate in the highest note.

    Args:
        voice: The kind of sound.
        root: Frequency of the lowest note in Hz.
    """
    wave, time = np.zeros(PERIOD), np.arange(PERIOD) / PERIOD
    for number in range(1, voice.harmonics + 1, 2 if voice.odd else 1):
        if number * root * 1.7 < RATE / 2:
            near = sum(
                np.exp(-(((number * root - formant) / 150) ** 2)) for formant in voice.formants
            )
            level = number**-voice.slope * (0.05 + near if voice.formants else 1)
            wave += level * np.sin(2 * np.pi * number * time)
    return wave / np.abs(wave).max()


def hits(beat: int, random: np.random.Generator) -> np.ndarray:
    """Returns a low thud on each of eight beats, and noise halfway.

    Args:
        beat: Length of a beat in samples.
        random: Where the noise is drawn.
    """
    time = np.arange(beat) / RATE
    thud = np.sin(2 * np.pi * 55 * time) * np.exp(-18 * time)
    noise = 0.6 * random.normal(size=beat) * np.exp(-45 * time)
    return np.tile(thud + np.roll(noise, beat // 2), LOOP)
