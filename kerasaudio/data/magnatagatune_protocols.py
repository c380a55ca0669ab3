"""Which clips of MagnaTagATune are in which split, in the courses and in the literature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasaudio.data.magnatagatune_tags import Annotations

UNREADABLE = (35_644, 55_753, 57_881)  # clip_id of the published MP3s of no bytes


@dataclass(frozen=True)
class Protocol:
    """Which clips are in which split.

    Args:
        train: Folders of the training clips, one character each.
        valid: Folders of the validation clips.
        test: Folders of the test clips. Where they are those of `valid`, the source chose its
            epochs on the clips that it reported.
        tagged: Whether only clips with at least one of the fifty tags take part.
    """

    train: str
    valid: str
    test: str
    tagged: bool


PROTOCOLS = {
    "12-1-3": Protocol("0123456789ab", "c", "def", tagged=True),
    "13-3": Protocol("0123456789abc", "def", "def", tagged=True),
    "clean": Protocol("0123456789ab", "c", "def", tagged=True),
    "all": Protocol("0123456789ab", "c", "def", tagged=False),
}


def members(annotations: Annotations, split: str) -> list[int]:
    """Returns the rows of a protocol's clips, whether the clips are there or not.

    Args:
        annotations: The annotations.
        split: Name of the protocol.
    """
    kept = ~np.isin(annotations.numbers, UNREADABLE)
    if PROTOCOLS[split].tagged:
        kept &= annotations.truth.any(axis=1)
    return np.flatnonzero(kept).tolist()
