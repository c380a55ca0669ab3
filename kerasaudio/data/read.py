"""One sound file to samples: one channel, one rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasaudio.errors import UserError

SUFFIXES = frozenset(
    (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64", ".rf64")
)


def read(path: Path, rate: int) -> np.ndarray:
    """(samples,) float32: the mean of the channels, resampled to `rate` in Hz (soxr HQ, as librosa.load does).

    Raises UserError, with the reason, for a file that is missing, not sound, empty, or holds what is not a number.
    """
    import soundfile

    try:
        samples, found = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        raise UserError(f"{path} could not be read as sound: {str(reason).strip().rstrip('.')}.") from error
    if not len(samples):
        raise UserError(f"{path} holds no samples: expected sound.")
    if not np.isfinite(samples).all():
        raise UserError(f"{path} holds samples that are not numbers: expected finite values.")
    mono = samples.mean(axis=1)
    return mono if found == rate else _resampled(mono, found, rate)


def _resampled(samples: np.ndarray, found: int, rate: int) -> np.ndarray:
    import soxr

    return soxr.resample(samples, found, rate, quality="HQ")
