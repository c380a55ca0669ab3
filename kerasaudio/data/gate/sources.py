"""The sound files of a gate's target and backgrounds, and what is the same in both."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kerasaudio.data.files import is_inside
from kerasaudio.data.own.groups import Draw
from kerasaudio.data.own.heard import fingerprint
from kerasaudio.data.own.passages import Passage, read_source
from kerasaudio.data.parallel import for_each
from kerasaudio.data.progress import Progress
from kerasaudio.data.sound.read import read
from kerasaudio.data.sound.sound_folder import walk
from kerasaudio.data.stores.store import StoreError
from kerasaudio.errors import UserError

SAME = 0.97  # correlation of fingerprints from which on two clips are the same sound
TOLD = 3  # pairs that a warning names


@dataclass(frozen=True)
class Found:
    """Clips of a target or of backgrounds.

    Args:
        kind: "target" or "background".
        place: Where they were found, in words.
        passages: The clips.
    """

    kind: str
    place: str
    passages: tuple[Passage, ...]

    def sides(
        self, draw: Draw, group: str | None, test_files: str, valid_files: str = ""
    ) -> list[str]:
        """Returns "train", "valid" or "test" for each clip.

        Args:
            draw: How groups get into splits.
            group: What belongs together; see `groups_of`.
            test_files: Regular expression on the paths of clips that test, or "".
            valid_files: The same for those of the others that validate.

        Raises:
            UserError: If there are too few groups.
        """
        passages = self.passages
        if test_files or valid_files:
            patterns = {"test": test_files, "valid": valid_files}
            passages = tuple(
                replace(each, columns={**each.columns, "split": _side(patterns, each.file)})
                for each in passages
            )
        try:
            return draw.sides(passages, group)
        except UserError as error:
            raise UserError(f"The {self.kind} clips in {self.place}: {error}") from error


def find_sounds(root: Path, places: Sequence[str], pattern: str, kind: str) -> Found:
    """Returns the clips that folders and manifests hold.

    Args:
        root: The data root.
        places: Folders or CSV manifests, relative to the root.
        pattern: Regular expression on the paths of clips to take; "" takes all.
        kind: "target" or "background".

    Raises:
        UserError: If a place is missing or holds nothing, or the expression is none.
    """
    found = [each for place in places for each in _passages(root, place, kind)]
    try:
        taken = tuple(each for each in found if re.search(pattern, each.name))
    except re.error as error:
        raise UserError(
            f"data.{kind}_files is {pattern!r}, no regular expression: {error}."
        ) from error
    if not taken:
        raise UserError(
            f"There are {len(found)} sound files in {', '.join(places)} and none that "
            f"data.{kind}_files={pattern!r} takes: expected clips of the {kind}."
        )
    return Found(kind, ", ".join(places), taken)


def _passages(root: Path, place: str, kind: str) -> list[Passage]:
    path = root / place
    if not is_inside(path, root):
        raise UserError(f"data.{kind} is {place}: expected a place below the data root {root}.")
    if path.is_file():
        return list(read_source(path, root, "first", "label").passages)
    if not path.is_dir():
        raise UserError(
            f"There is no {path}: expected a folder of sound files or a CSV manifest; set "
            f"data.{kind}, and --data to the folder above it."
        )
    names = [(each, f"{place}/{each.relative_to(path).as_posix()}") for each in walk(path).sounds]
    return [Passage(each, name, name, (place,)) for each, name in names]


def _side(patterns: Mapping[str, str], file: str) -> str:
    for side, pattern in patterns.items():
        try:
            if pattern and re.search(pattern, file):
                return side
        except re.error as error:
            raise UserError(
                f"data.{side}_files is {pattern!r}, no regular expression: {error}."
            ) from error
    return "train"


def read_sounds(found: Found, rate: int) -> list[np.ndarray | str]:
    """Returns the samples of each clip, or the reason why it cannot be read; shows progress."""
    of = f"{found.kind} clips"
    with Progress("listen", len(found.passages), "clips", of) as progress:
        return for_each(lambda passage: _read(passage, rate), found.passages, progress.advance)


def _read(passage: Passage, rate: int) -> np.ndarray | str:
    try:
        sound = read(passage.path, rate)
    except StoreError:
        raise  # the network's fault, not the clip's
    except UserError as error:
        return str(error)
    last = None if passage.end == float("inf") else round(passage.end * rate)
    return sound[round(passage.start * rate) : last]


def copies_between(
    found: Sequence[Found], sounds: Sequence[Sequence[np.ndarray | str]], rate: int
) -> str:
    """Returns which clips of the target sound in the background, too; empty if none do.

    Whole clips are compared by their fingerprints.

    Args:
        found: The target's and the background's clips.
        sounds: What `read_sounds` returned for each.
        rate: Sampling rate in Hz.
    """
    prints = [np.stack([_print(sound, rate) for sound in each]) for each in sounds]
    alike = np.argwhere(prints[0] @ prints[1].T >= SAME)
    pairs = [
        f"{found[0].passages[one].name} and {found[1].passages[other].name}"
        for one, other in alike[:TOLD]
    ]
    return f"{len(alike)} pairs, such as {'; '.join(pairs)}" if pairs else ""


def _print(sound: np.ndarray | str, rate: int) -> np.ndarray:
    if isinstance(sound, str) or not len(sound):
        sound = np.zeros(1, np.float32)
    return fingerprint(sound, rate)
