"""Gives benchmarks of sound their clips: real ones, or stand-ins."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kerasaudio.data.gtzan_audio import RATE, GtzanAudio
from kerasaudio.data.gtzan_clips import GENRES
from kerasaudio.data.sound.clips import find

CLIPS = 40


@contextmanager
def clip_paths(root: Path | None, samples: int) -> Iterator[list[str]]:
    """Yields the paths of up to 40 of GTZAN's clips.

    Args:
        root: The data root. `None` makes stand-in clips, which are removed at the end.
        samples: Number of samples that a clip must have.
    """
    with tempfile.TemporaryDirectory() as made:
        if root is None:
            root = Path(made)
            GtzanAudio().write_standin(root)
        found = find(root / GtzanAudio.folder, GENRES, RATE, samples)
        yield [str(clip.path) for clip in found.clips[:CLIPS]]
