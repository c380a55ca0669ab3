"""The clips that files of a target or of backgrounds gave, and what is told about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasaudio.data.gate.clips import Clip, background_clip, target_clip
from kerasaudio.data.gate.sources import Found

Clips = Sequence[Clip | None]


def usable_clips(
    found: Found, sounds: Sequence[np.ndarray | str], rate: int, open_db: float, bridge: float
) -> list[Clip | None]:
    """Returns the clips in the order of the files; `None` for what cannot be used.

    Args:
        found: The files.
        sounds: Their samples, or the reason why they cannot be read.
        rate: Sampling rate in Hz.
        open_db: See `target_clip`.
        bridge: See `target_clip`.
    """
    clips: list[Clip | None] = []
    for passage, sound in zip(found.passages, sounds, strict=True):
        if isinstance(sound, str):
            clips.append(None)
        elif found.kind == "background":
            clips.append(background_clip(passage.name, sound))
        else:
            clips.append(target_clip(passage.name, sound, rate, open_db, bridge))
    return clips


def left_out(found: Found, clips: Clips) -> str:
    """Returns in words how many clips cannot be used, and the first of them."""
    pairs = zip(found.passages, clips, strict=True)
    bad = [passage.name for passage, clip in pairs if clip is None]
    return f"{len(bad)} of {len(clips)} clips are silent or unreadable, first {(bad or [''])[0]}"


def notes_on(
    found: Sequence[Found],
    clips: Sequence[Clips],
    sides: Sequence[Sequence[str]],
    names: Sequence[str],
) -> dict[str, Any]:
    """Returns how many clips of each kind are in each split, and how many are left out.

    Args:
        found: The target's and the background's files.
        clips: Their clips.
        sides: The split of each clip.
        names: The splits.
    """
    notes: dict[str, Any] = {}
    for each, made, of in zip(found, clips, sides, strict=True):
        pairs = [side for clip, side in zip(made, of, strict=True) if clip]
        notes[f"{each.kind} clips"] = ", ".join(f"{pairs.count(name)} {name}" for name in names)
        if bad := made.count(None):
            notes[f"{each.kind} clips left out"] = f"{bad}, silent or unreadable"
    return notes
