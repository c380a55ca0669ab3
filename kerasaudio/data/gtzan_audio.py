"""GTZAN as sound: ten genres, 100 clips of 30 s each, 22 050 Hz, cut into windows.

Source: Tzanetakis and Cook 2002; windows and `random_windows` as in Ferdia Fagan, music genre recognition (2021).
Files: gtzan/genres_original/GENRE/GENRE.NNNNN.wav, or gtzan/genres/GENRE/GENRE.NNNNN.au as first published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd

from kerasaudio.data.clips import Clip, Found, find
from kerasaudio.data.gtzan import FILTERED, GENRES, filtered_clips
from kerasaudio.data.health import Expected, Fault, faults
from kerasaudio.data.splits import Splits, draw
from kerasaudio.data.windows import Window, examples
from kerasaudio.errors import UserError
from kerasaudio.experiment import Task

CLIPS = 1000
SHORTEST, LONGEST = 660_000, 675_808  # samples of the 1000 clips
TEST, VALIDATION = 0.3, 0.2  # of all, and of the rest
LAYOUTS = ("genres_original", "genres")


WINDOW = 77_823  # samples: 152 frames 512 samples apart, centred


@dataclass(frozen=True)
class GtzanAudio:
    """`windows` windows a clip, one after the other from its beginning, each an example with the clip's genre.

    `random_windows` is the paper's own protocol: windows of one song fall on both sides of the split.
    """

    split: Literal["filtered", "random_clips", "random_windows"] = "filtered"
    window_samples: int = WINDOW
    windows: int = 8
    seed: int = 0  # of random_clips and random_windows
    partial: bool = False  # take the clips that are there
    rotten: float = 0.05  # the largest share of unusable files that is passed over
    genres: tuple[str, ...] = GENRES  # with `partial`, those that are there

    folder: ClassVar[str] = "gtzan/genres_original"
    task: ClassVar[Task] = "single_label"
    rate: ClassVar[int | None] = 22_050

    def __post_init__(self) -> None:
        if self.window_samples < 1 or self.windows < 1:
            raise UserError(
                f"data.window_samples {self.window_samples} and data.windows {self.windows} must be above 0."
            )
        if not 0 <= self.rotten < 1:
            raise UserError(f"data.rotten is {self.rotten}: expected a share from 0 to below 1.")
        unknown = [genre for genre in self.genres if genre not in GENRES]
        if unknown or len(set(self.genres)) < max(2, len(self.genres)):
            raise UserError(
                f"data.genres is {', '.join(self.genres)}: expected at least two of {', '.join(GENRES)}."
            )

    @property
    def labels(self) -> tuple[str, ...]:
        return self.genres

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (self.window_samples,)

    @property
    def protocol(self) -> str:
        seed = "" if self.split == "filtered" else f" seed {self.seed}"
        leak = (
            " LEAKS (windows of one song on both sides)" if self.split == "random_windows" else ""
        )
        part = f", partial ({len(self.genres)} genres)" if self.partial else ""
        size = "" if self.window_samples == WINDOW else f" of {self.window_samples} samples"
        return f"{self.split}{seed}{leak}, {self.windows} windows{size} a clip{part}"

    def with_facts(self, root: Path) -> GtzanAudio:
        """With the genres that have a folder, where the set may be partial."""
        if not self.partial:
            return self
        home = self._home(root)
        return replace(
            self, genres=tuple(genre for genre in self.genres if (home / genre).is_dir())
        )

    def load(self, root: Path) -> Splits:
        """Read every file once, split the clips and cut the windows. Notes tell what was passed over.

        Raises UserError for a set that is not whole (unless `partial`) and for too many unusable files.
        """
        found = find(self._home(root), self.genres, self._hertz, self.window_samples * self.windows)
        self._check(root, found)
        clips = {clip.name: clip for clip in found.clips}
        members = self._members(clips)
        parts = {
            name: examples(windows, self._hertz, self.window_samples)
            for name, windows in members.items()
        }
        splits = Splits(**parts, notes=_notes(found, members))
        splits.check(self.genres, self.protocol)
        return splits

    def examine(self, root: Path) -> list[Fault]:
        """Every fault of the files below `root`, whatever the protocol leaves out."""
        split = {name: split for split in FILTERED for name in filtered_clips(split)}
        names = frozenset(
            f"{genre}.{number:05d}" for genre in GENRES for number in range(CLIPS // len(GENRES))
        )
        return faults(
            self._home(root), GENRES, Expected(names, self._hertz, SHORTEST, LONGEST, split)
        )

    @property
    def _hertz(self) -> int:
        assert self.rate is not None
        return self.rate

    def _home(self, root: Path) -> Path:
        for layout in LAYOUTS:
            if (root / "gtzan" / layout).is_dir():
                return root / "gtzan" / layout
        raise UserError(
            f"{root / self.folder} was not found: expected a folder a genre with clips of 30 s (GTZAN as on Kaggle, or "
            f"{root / 'gtzan' / 'genres'} with .au files); leave --data out to run on a synthetic stand-in."
        )

    def _check(self, root: Path, found: Found) -> None:
        from kerasaudio.data import standin

        share = len(found.rotten) / max(found.total(), 1)
        if share > self.rotten:
            first, reason = next(iter(found.rotten.items()))
            raise UserError(
                f"{len(found.rotten)} of {found.total()} sound files cannot be used, first {first} ({reason}): "
                f"expected at most {self.rotten:.0%}; mend them or raise --set data.rotten."
            )
        whole = CLIPS // len(GENRES) * len(self.genres)
        if found.total() < whole and not self.partial and not standin.is_standin(root):
            raise UserError(
                f"{root / 'gtzan'} holds {found.total()} of the {whole} clips: "
                "use the whole set, or take what is there with --set data.partial=True."
            )

    def _members(self, clips: dict[str, Clip]) -> dict[str, list[Window]]:
        if self.split == "filtered":
            names: dict[str, list[str]] = {
                split: [name for name in filtered_clips(split) if name in clips]
                for split in FILTERED
            }
            return {split: self._cut(clips[name] for name in each) for split, each in names.items()}
        if self.split == "random_clips":
            drawn = self._draw(
                pd.Series({name: clip.label for name, clip in clips.items()}), stratify_test=True
            )
            return {
                split: self._cut(clips[name] for name in sorted(index))
                for split, index in drawn.items()
            }
        windows = self._cut(clips.values())
        drawn = self._draw(pd.Series([window.target for window in windows]), stratify_test=False)
        return {
            split: [windows[number] for number in sorted(index)] for split, index in drawn.items()
        }

    def _draw(self, truth: pd.Series, stratify_test: bool) -> dict[str, pd.Index]:
        return draw(
            truth, TEST, VALIDATION, self.seed, stratify_test=stratify_test, protocol=self.protocol
        )

    def _cut(self, clips: Any) -> list[Window]:
        return [
            Window(
                clip.name,
                number,
                clip.path,
                self.genres.index(clip.label),
                number * self.window_samples,
            )
            for clip in clips
            for number in range(self.windows)
        ]

    def write_standin(self, root: Path) -> None:
        """Synthetic clips in the real layout: see gtzan_standin."""
        from kerasaudio.data import gtzan_standin

        gtzan_standin.write(root / self.folder)


def _notes(
    found: Found, members: dict[str, Sequence[Window]] | dict[str, list[Window]]
) -> dict[str, Any]:
    sides = {split: {window.clip for window in windows} for split, windows in members.items()}
    genres = Counter(clip.label for clip in found.clips)
    return {
        "clips found": ", ".join(f"{genre} {count}" for genre, count in sorted(genres.items())),
        "clips in each split": ", ".join(f"{split} {len(clips)}" for split, clips in sides.items()),
        "songs on both sides": len(sides["train"] & (sides["valid"] | sides["test"])),
        "passed over": "; ".join(f"{name}: {reason}" for name, reason in found.rotten.items())
        or "none",
    }
