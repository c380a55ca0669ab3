"""A set of a few short clips in the layout of MagnaTagATune."""

import csv

import numpy as np
import pandas as pd

from kerasaudio.data.magnatagatune import MagnaTagATune
from kerasaudio.data.magnatagatune_tags import FILE, SYNONYMS, TAGS

LENGTH = 400  # samples of the clips below, ten windows of 40


def row(number, path, tags=("guitar",)):
    every = sorted(
        {*TAGS["merged"], *TAGS["top50"], *(name for names in SYNONYMS.values() for name in names)}
    )
    return {"clip_id": number, **{tag: int(tag in tags) for tag in every}, "mp3_path": path}


def annotate(home, rows):
    home.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(home / FILE, sep="\t", index=False, quoting=csv.QUOTE_ALL)


def wave(seed):
    return np.random.default_rng(seed).integers(-32_768, 32_768, LENGTH).astype(np.int16)


def load(home, **changes):
    return MagnaTagATune(**{"samples": LENGTH} | changes).load(home.parent)


def scaled(values):
    return 2 * (np.asarray(values, np.float64) + 32_768) / 65_535 - 1
