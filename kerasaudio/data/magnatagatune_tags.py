"""MagnaTagATune's annotations: which clip has which tags, in two vocabularies of fifty.

Source: Law et al. 2009; `top50` are the most frequent tags as they are, as in Dieleman and
Schrauwen 2014 and most work since; `merged` joins synonyms first, as the Bristol coursework
COMSM0045 does.
Files: magnatagatune/annotations_final.csv, tab-separated: clip_id, 188 tags of 0 and 1, mp3_path.
"""

from __future__ import annotations

import csv
import io
import re
import reprlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from kerasaudio.errors import UserError

Vocabulary = Literal["merged", "top50"]
FILE = "annotations_final.csv"
PARTS = "0123456789abcdef"  # the folders that the clips are in
CLIP_PATH = re.compile(rf"[{PARTS}]/[^/\\\0]+\.mp3")

# A tag of `merged` holds where it or any of these does. Horn and space are less frequent than the
# fifty.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "beat": ("beats",),
    "chant": ("chanting",),
    "choir": ("choral",),
    "classical": ("clasical", "classic"),
    "drum": ("drums",),
    "electro": ("electronic", "electronica", "electric"),
    "fast": ("fast beat", "quick"),
    "female": (
        "female singer",
        "female singing",
        "female vocals",
        "female vocal",
        "female voice",
        "woman",
        "woman singing",
        "women",
    ),
    "flute": ("flutes",),
    "guitar": ("guitars",),
    "hard": ("hard rock",),
    "harpsichord": ("harpsicord",),
    "heavy": ("heavy metal", "metal"),
    "horn": ("horns",),
    "india": ("indian",),
    "jazz": ("jazzy",),
    "male": ("male vocal", "male vocals", "male voice", "man", "man singing", "men", "male singer"),
    "no beat": ("no drums",),
    "no singer": ("no singing", "no vocal", "no vocals", "no voice", "no voices", "instrumental"),
    "opera": ("operatic",),
    "orchestra": ("orchestral",),
    "quiet": ("silence",),
    "singer": ("singing",),
    "space": ("spacey",),
    "strange": ("weird",),
    "string": ("strings",),
    "synth": ("synthesizer",),
    "violin": ("violins",),
    "vocal": ("vocals", "voice", "voices"),
}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


TAGS: dict[Vocabulary, tuple[str, ...]] = {
    "merged": _names(
        "ambient, baroque, bass, beat, cello, chant, choir, classical, country, dance, drum, "
        "eastern, electro, fast, female, flute, folk, foreign, guitar, hard, harp, harpsichord, "
        "heavy, india, jazz, loud, male, modern, new age, no beat, no piano, no singer, opera, "
        "orchestra, piano, pop, quiet, rock, singer, sitar, slow, soft, solo, strange, string, "
        "synth, techno, trance, violin, vocal"
    ),
    "top50": _names(
        "ambient, beat, beats, cello, choir, choral, classic, classical, country, dance, drums, "
        "electronic, fast, female, female vocal, female voice, flute, guitar, harp, harpsichord, "
        "indian, loud, male, male vocal, male voice, man, metal, new age, no vocal, no vocals, "
        "no voice, opera, piano, pop, quiet, rock, singing, sitar, slow, soft, solo, strings, "
        "synth, techno, violin, vocal, vocals, voice, weird, woman"
    ),
}


def columns(vocabulary: Vocabulary, tag: str) -> tuple[str, ...]:
    """Returns the columns of the annotations of which any makes a tag hold."""
    return (tag, *SYNONYMS.get(tag, ())) if vocabulary == "merged" else (tag,)


@dataclass(frozen=True)
class Annotations:
    """Clips and their tags, one clip in a row.

    Args:
        numbers: The published clip_id, of shape `(clips,)`.
        clips: Names of the clips, as "PART/NAME" without suffix.
        truth: 0 and 1, of shape `(clips, tags)`.
    """

    numbers: np.ndarray
    clips: tuple[str, ...]
    truth: np.ndarray


def read_annotations(path: Path, vocabulary: Vocabulary) -> Annotations:
    """Returns all annotated clips.

    Args:
        path: The annotation file.
        vocabulary: Which fifty tags.

    Raises:
        UserError: If the file is missing, lacks columns, holds other values than 0 and 1, or names
            a clip that is outside of the set.
    """
    sources = {tag: columns(vocabulary, tag) for tag in TAGS[vocabulary]}
    wanted = [
        "clip_id",
        "mp3_path",
        *sorted({column for each in sources.values() for column in each}),
    ]
    rows = _read(path, wanted)
    for line, clip in rows.mp3_path.items():
        if not CLIP_PATH.fullmatch(str(clip)):
            raise UserError(
                f"{path} names the clip {clip!r} in line {line}: "
                "expected FOLDER/NAME.mp3, FOLDER 0 to f."
            )
    numbers = _numbers(path, rows, ["clip_id"], lambda found: found % 1 == 0)
    tags = _numbers(path, rows, wanted[2:], lambda found: found.isin([0, 1]))
    truth = np.stack(
        [tags[list(each)].to_numpy(np.uint8).max(axis=1) for each in sources.values()], axis=1
    )
    clips = tuple(clip.removesuffix(".mp3") for clip in rows.mp3_path)
    if len(set(clips)) < len(clips):
        raise UserError(
            f"{path} names a clip twice: expected one line for each; get the published file again."
        )
    return Annotations(numbers.clip_id.to_numpy(int), clips, truth)


def _read(path: Path, wanted: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(
            f"{path} was not found: it is the annotation file of the MagnaTagATune data set; put "
            "it there (ROOT of --data is the folder above magnatagatune), or leave --data out to "
            "run on a synthetic stand-in."
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
        lines = _lines(path, text)
        found = pd.read_csv(
            io.StringIO(text), sep="\t", usecols=lambda name: name in set(wanted), index_col=False
        )
        found.index = pd.Index(lines[1:])
    except (ValueError, OSError) as error:
        raise UserError(
            f"{path} could not be read as a table ({error}): get the published file again."
        ) from error
    missing = [name for name in wanted if name not in found]
    if missing:
        raise UserError(
            f"{path} lacks the columns {', '.join(missing[:5])}: "
            "expected MagnaTagATune's annotations."
        )
    return found[wanted]


def _lines(path: Path, text: str) -> list[int]:
    """Numbers of the lines that hold something: all must have the cells that the header names."""
    filled = {number: line for number, line in enumerate(io.StringIO(text), 1) if line.strip(" \n")}
    names = next(csv.reader(list(filled.values())[:1], delimiter="\t"), [])
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UserError(f"{path} has two columns {twice[0]!r}: get the published file again.")
    for number, line in filled.items():
        cells = line.count("\t") + 1
        if cells != len(names) or line.count('"') % 2:
            found = f"{cells} cells" if cells != len(names) else "a quotation mark without another"
            raise UserError(
                f"{path}, line {number}: found {found}, expected {len(names)} cells as in the "
                "header; get the published file again."
            )
    return list(filled)


def _numbers(
    path: Path,
    rows: pd.DataFrame,
    names: list[str],
    valid: Callable[[pd.Series], pd.Series],
) -> pd.DataFrame:
    """Columns as numbers; a cell that holds another value is told with its line."""
    found = rows[names].apply(pd.to_numeric, errors="coerce")
    wrong = ~found.apply(valid).to_numpy()
    if wrong.any():
        row, column = (int(axis[0]) for axis in np.nonzero(wrong))
        cell = reprlib.repr(rows[names[column]].iloc[row])
        raise UserError(
            f"{path}, line {rows.index[row]}, column {names[column]}: found {cell}, expected "
            "MagnaTagATune's annotations; get the published file again."
        )
    return found
