"""AudioSet's published parts, and how clips of one are divided into training and validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kerasaudio.data.embeddings import FRAMES, Clips, read_folder
from kerasaudio.data.records import describe


def read_parts(
    folder: Path, part: str, max_bad_files: float, short: str
) -> tuple[Clips, Clips, dict[str, Any]]:
    """Returns the clips of a part and those of `eval`. No YouTube id is in both.

    Args:
        folder: The folder of the parts.
        part: "bal_train" or "unbal_train".
        max_bad_files: Largest share of the bytes of a part that are left out as bad records.
        short: Whether to "drop" or "pad" clips of fewer than ten frames.

    Returns:
        The clips of `part`, those of `eval`, and notes about what was left out.

    Raises:
        UserError: If files are missing, or have too many bad records.
    """
    pool, test = (read_folder(folder / name, max_bad_files) for name in (part, "eval"))
    notes: dict[str, Any] = {}
    if faults := pool.faults + test.faults:
        notes["passed over"] = describe(faults)
        print(f"passed over {describe(faults)}")
    whole = [np.asarray(clips.lengths == FRAMES) for clips in (pool, test)]
    shorter = sum(int((~each).sum()) for each in whole)
    notes[f"clips of fewer than {FRAMES} frames"] = f"{shorter} ({short})"
    if short == "drop":
        pool, test = pool[whole[0]], test[whole[1]]
    apart = ~np.isin(pool.ids.astype(str), test.ids.astype(str))
    notes["clips left out for their id is in eval"] = int((~apart).sum())
    return pool[apart], test, notes


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
