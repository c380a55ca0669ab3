"""Small recordings of one's own: two labels, six sources of each, two takes of each source."""

import csv

import numpy as np
import soundfile

from kerasaudio.data.own_sound import OwnSound

RATE = 8000
DATA = {"path": "sounds", "rate": RATE, "window": 0.5, "hop": 0.25, "folds": 3, "validation": 0.5}


def tone(pitch, seconds, rate=RATE, seed=0):
    """A tone in noise that no other seed has."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng((int(pitch), seed)).normal(size=len(time))
    return 0.3 * np.sin(2 * np.pi * pitch * time) + 0.05 * noise


def write(path, sound, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate)


def loaded(root, **values):
    data = OwnSound(**(DATA | values)).with_facts(root)
    return data, data.load(root)


def manifest(root, rows, name="list.csv"):
    with (root / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return {"path": name}


def files(examples):
    return {clip.partition("@")[0] for clip in examples.clips}
