"""Recordings of noise, read once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from kerasaudio.errors import UserError

LONGEST = 600  # seconds of all recordings together


@lru_cache(maxsize=2)
def noise_bank(folder: str, rate: int) -> np.ndarray:
    """Returns the recordings of a folder, one after another, up to ten minutes.

    Files that cannot be read are passed over, with one line that counts them.

    Args:
        folder: The folder; those below it are read, too.
        rate: Sampling rate in Hz.

    Returns:
        float32 array of shape `(samples,)`.

    Raises:
        UserError: If there is no recording that can be read.
    """
    faults: list[str] = []
    found: list[np.ndarray] = []
    room = LONGEST * rate
    for path in _recordings(Path(folder)):
        if room <= 0:
            break
        try:
            found.append(_read(path, rate)[:room])
        except ValueError as error:
            faults.append(f"{path} {error}")
        else:
            room -= len(found[-1])
    if not room < LONGEST * rate:
        raise UserError(
            f"frontend Noise found no recording in {folder}: expected a folder with sound files"
            f"{'; ' + faults[0] if faults else ''}."
        )
    if faults:
        print(f"noise     {len(faults)} files are passed over; the first: {faults[0]}")
    return np.concatenate(found)


def _recordings(folder: Path) -> Iterator[Path]:
    """Sound files in the order of their names, without hidden ones and links."""
    import soundfile

    suffixes = {f".{name.lower()}" for name in (*soundfile.available_formats(), "aif", "oga")}
    suffixes -= {".raw"}  # such a file does not say its rate
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in suffixes and path.is_file() and not (hidden or path.is_symlink()):
            yield path


def _read(path: Path, rate: int) -> np.ndarray:
    """The mean of the channels at a rate; ValueError, with the reason, for what is no sound."""
    import librosa
    import soundfile

    try:
        sound, found = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise ValueError(f"could not be read as sound ({error})") from error
    if not np.isfinite(sound).all():
        raise ValueError("holds samples that are not numbers")
    mono = sound.mean(axis=1)
    return mono if found == rate else librosa.resample(mono, orig_sr=found, target_sr=rate)
