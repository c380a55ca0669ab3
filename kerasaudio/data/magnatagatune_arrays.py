"""The clips of MagnaTagATune: which files there are, and published MP3s as arrays."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kerasaudio.data.files import PARTIAL, NotWritten, is_inside, written
from kerasaudio.data.magnatagatune_tags import FILE, PARTS
from kerasaudio.data.sound.read import sixteen_bit
from kerasaudio.data.sound.stored import stored
from kerasaudio.errors import UserError
from kerasaudio.experiment.parts import Advance, Spread

RATE = 12_000  # Hz
SAMPLES = 349_500  # of a clip: ten windows of 34,950
SUFFIXES = (".npy", ".mp3")  # the first that is there is read


def clip_files(home: Path, suffixes: Sequence[str] = SUFFIXES) -> dict[str, Path]:
    """Returns the file of every clip, by "PART/NAME".

    Links that lead out of the set are left out; a line on stderr counts them.

    Args:
        home: The folder of the sixteen folders.
        suffixes: Ends of the files' names; of several files of a clip, the first one's is taken.
    """
    found, links = {}, 0
    for part in PARTS:
        listed = sorted((home / part).iterdir()) if (home / part).is_dir() else []
        leads_out = (home / part).is_symlink() and not is_inside(home / part, home)
        paths = [
            path
            for path in listed
            if not leads_out and (not path.is_symlink() or is_inside(path, home))
        ]
        links += len(listed) - len(paths)
        for suffix in reversed(suffixes):
            for path in paths:
                if path.suffix == suffix and not path.name.startswith((PARTIAL, ".")):
                    found[f"{part}/{path.stem}"] = path
    if links:
        print(f"left out: {links} links that lead out of {home}", file=sys.stderr)
    return found


def convert(source: Path, home: Path, spread: Spread, advance: Advance) -> list[str]:
    """Writes `home`/PART/NAME.npy for each MP3 that has no whole array there yet.

    An array holds the first 349,500 samples at 12 kHz, with 16 bits. The annotations are copied if
    `home` is another folder. A line says how many clips were done before.

    Args:
        source: The folder of the sixteen folders with published .mp3 files.
        home: The folder of the sixteen folders that get the arrays; it may be `source`.
        spread: Reads many files at the same time, in threads or on other machines.
        advance: Called after each file, for the progress display.

    Returns:
        The reasons why files were left out.

    Raises:
        UserError: If there are no .mp3 files, or `home` cannot be written to.
    """
    sounds = clip_files(source, (".mp3",))
    if not sounds:
        raise UserError(
            f"{source} holds no clips: expected the published folders 0 to f with .mp3 files."
        )
    _make_folders(source, home, sorted({path.parent.name for path in sounds.values()}))
    missing = [clip for clip in sounds if not _is_whole(home / f"{clip}.npy")]
    if done := len(sounds) - len(missing):
        print(f"go on     {done} of {len(sounds)} clips were done before")
        for _ in range(done):
            advance(0)
    failed = []
    clips = {sounds[clip]: clip for clip in missing}
    for path, samples in spread(_samples_or_reason, list(clips)):
        if isinstance(samples, str):
            failed.append(samples)
        else:
            with written(home / f"{clips[path]}.npy") as partial, partial.open("wb") as file:
                np.save(file, samples)
        advance(1)
    return failed


def _make_folders(source: Path, home: Path, parts: Sequence[str]) -> None:
    try:
        for part in parts:
            (home / part).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(
            f"{home} cannot be written to: {error.strerror}; choose another root with --out."
        ) from error
    if home != source and (source / FILE).is_file():
        with written(home / FILE) as partial:
            partial.write_bytes((source / FILE).read_bytes())


def _is_whole(path: Path) -> bool:
    try:
        stored(path, SAMPLES)
    except UserError:
        return False
    return True


def _samples_or_reason(path: Path) -> np.ndarray | str:
    """One clip, or the reason if it cannot be read."""
    try:
        return sixteen_bit(path, RATE, SAMPLES)
    except UserError as reason:
        return str(reason)
