"""The clips that files of a target or of backgrounds gave, and what is told about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasaudio.data.gate.clips import Clip, background_clip, target_clip
from kerasaudio.data.gate.sources import Found
from kerasaudio.data.own.groups import groups_of
from kerasaudio.errors import UserError

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


def pool(
    found: Found, clips: Clips, sides: Sequence[str], side: str, even: bool, group: str | None
) -> list[Clip]:
    """Returns the clips of a split.

    Args:
        found: The files.
        clips: Their clips.
        sides: The split of each clip.
        side: The split.
        even: Whether clips of small groups are there several times, so that one that is drawn
            comes from each group about as often.
        group: What belongs together; see `groups_of`.

    Raises:
        UserError: If there are none.
    """
    named = groups_of(found.passages, group)[0] if even else [""] * len(clips)
    own = [
        (clip, name)
        for clip, of, name in zip(clips, sides, named, strict=True)
        if clip and of == side
    ]
    if not own:
        raise UserError(
            f"The split {side} has no {found.kind} clips of the {len(clips)} in {found.place}: "
            f"expected at least one in each split; give more clips, or set "
            f"data.{found.kind}_group, data.folds or data.test_files."
        )
    sizes = Counter(name for _, name in own)
    largest = max(sizes.values())
    return [clip for clip, name in own for _ in range(round(largest / sizes[name]))]


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
