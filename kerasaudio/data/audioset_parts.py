"""AudioSet's published parts, and how clips of one are divided into training and validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kerasaudio.data.augment import Copy
from kerasaudio.data.memory import free_memory
from kerasaudio.data.records.embedding_folder import read_folder
from kerasaudio.data.records.embeddings import FRAMES, Clips
from kerasaudio.data.records.record_places import RecordFile, StoredRecords, find_files
from kerasaudio.data.records.record_stream import RecordInputs, record_inputs
from kerasaudio.data.records.records import describe
from kerasaudio.data.rows import Rows

InMemory = Literal["auto", "always", "never"]
# Memory that loading and training take for a byte of the files: what is read, the splits' copies
# of it, and TensorFlow's copy of those.
TAKEN = 4


def read_parts(
    folder: Path, part: str, max_bad_files: float, short: str, in_memory: InMemory
) -> tuple[Clips, Clips, dict[str, Any]]:
    """Returns the clips of a part and those of `eval`. No YouTube id is in both, unless asked for.

    Args:
        folder: The folder of the parts.
        part: "bal_train" or "unbal_train"; or "eval", whose clips are returned twice.
        max_bad_files: Largest share of the bytes of a part that are left out as bad records.
        short: Whether to "drop" or "pad" clips of fewer than ten frames.
        in_memory: Whether frames are kept in memory; "auto" if free memory is large enough.

    Returns:
        The clips of `part`, those of `eval`, and notes about what was left out.

    Raises:
        UserError: If files are missing, or have too many bad records.
    """
    folders = [folder / part, folder / "eval"]
    files = [find_files(each) for each in folders]
    keep = in_memory == "always" or (in_memory == "auto" and _fit(files))
    pool, test = (
        read_folder(each, max_bad_files, keep, found)
        for each, found in zip(folders, files, strict=True)
    )
    notes: dict[str, Any] = {}
    if faults := pool.faults + test.faults:
        notes["passed over"] = describe(faults)
        print(f"passed over {describe(faults)}")
    whole = [np.asarray(clips.lengths == FRAMES) for clips in (pool, test)]
    shorter = sum(int((~each).sum()) for each in whole)
    notes[f"clips of fewer than {FRAMES} frames"] = f"{shorter} ({short})"
    if short == "drop":
        pool, test = pool[whole[0]], test[whole[1]]
    if part == "eval":
        return pool, test, notes
    apart = ~np.isin(pool.ids.astype(str), test.ids.astype(str))
    notes["clips left out for their id is in eval"] = int((~apart).sum())
    return pool[apart], test, notes


def frame_inputs(
    frames: np.ndarray | StoredRecords,
    positive: np.ndarray | None = None,
    copies: Mapping[str, Copy] | None = None,
) -> Rows | RecordInputs:
    """Returns the frames of some clips as inputs, and behind them those of augmented copies.

    Args:
        frames: The frames, in memory or in files.
        positive: Numbers of the clips that are copied; `None` if there are no copies.
        copies: How the copies are made, by name.
    """
    chosen = np.arange(0) if positive is None else positive
    if isinstance(frames, StoredRecords):
        return record_inputs(frames, chosen, copies or {})
    if not copies:
        return Rows(frames)
    copied = frames[chosen]
    changed = [copy.change(copied, copied[copy.partners]) for copy in copies.values()]
    return Rows(np.concatenate([frames, *changed]))


def _fit(files: Sequence[tuple[RecordFile, ...]]) -> bool:
    size = sum(file.size for folder in files for file in folder)
    return TAKEN * size <= free_memory()


def divide(
    clips: Clips, share: float, split: str, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the numbers of the training clips and those of the validation clips.

    All clips of one YouTube id are on the same side.

    Args:
        clips: The clips.
        share: Share of the ids that validate.
        split: "file_order" takes the last ids in the files' order, everything else draws them.
        random: Where they are drawn.
    """
    _, first, groups = np.unique(clips.ids.astype(str), return_index=True, return_inverse=True)
    order = np.argsort(first) if split == "file_order" else random.permutation(len(first))
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    inside = place[groups] < int((1 - share) * len(order))
    return np.flatnonzero(inside), np.flatnonzero(~inside)
