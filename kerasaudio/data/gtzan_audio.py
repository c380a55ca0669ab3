"""GTZAN as sound: ten genres, 100 clips of 30 s each, 22 050 Hz, cut into windows.

Source: Tzanetakis and Cook 2002; windows and `random_windows` as in Ferdia Fagan, music genre
recognition (2021).
Files: gtzan/genres_original/GENRE/GENRE.NNNNN.wav, or gtzan/genres/GENRE/GENRE.NNNNN.au as first
published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd

from kerasaudio.data.faults import check_bad_files, check_limit
from kerasaudio.data.gtzan_clips import FILTERED, GENRES, filtered_clips
from kerasaudio.data.sound.clips import Clip, Found, find, listed, told_left_out
from kerasaudio.data.sound.health import Expected, clip_faults
from kerasaudio.data.sound.windows import Window, examples
from kerasaudio.data.splits import draw
from kerasaudio.data.standins import gtzan_standin
from kerasaudio.data.standins.standin import is_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Fault, SingleLabel, Splits, Task
from kerasaudio.experiment.parts import Advance

CLIPS = 1000
RATE = 22_050  # Hz
SHORTEST, LONGEST = 660_000, 675_808  # samples of the 1000 clips
TEST, VALIDATION = 0.3, 0.2  # share in all clips or windows, and in the rest
LAYOUTS = ("genres_original", "genres")
WINDOW = 77_823  # samples: 152 frames 512 samples apart, centred


@dataclass(frozen=True)
class GtzanAudio(DataSet):
    """Windows of GTZAN's clips, one after the other from the beginning of each clip.

    A window is an example with its clip's genre.

    Args:
        split: "filtered" is the fault-filtered split of Kereliuk, Sturm and Larsen 2015;
            "random_clips" draws clips; "random_windows" draws windows as the paper did, so windows
            of one song are on both sides of the split.
        window_samples: Length of a window in samples.
        windows: Number of windows of a clip.
        seed: Seed of "random_clips" and "random_windows".
        partial: Whether to take the clips that are there, instead of expecting all 1000.
        max_bad_files: Largest share of files that cannot be used and are left out.
        genres: The labels; with `partial`, those of them that have a folder.
    """

    split: Literal["filtered", "random_clips", "random_windows"] = "filtered"
    window_samples: int = WINDOW
    windows: int = 8
    seed: int = 0
    partial: bool = False
    max_bad_files: float = 0.05
    genres: tuple[str, ...] = GENRES

    folder: ClassVar[str] = "gtzan/genres_original"
    task: ClassVar[Task] = SingleLabel()
    rate: ClassVar[int | None] = RATE

    def __post_init__(self) -> None:
        if self.window_samples < 1 or self.windows < 1:
            raise UserError(
                f"data.window_samples {self.window_samples} and data.windows {self.windows} "
                "must be above 0."
            )
        check_limit(self.max_bad_files)
        unknown = [genre for genre in self.genres if genre not in GENRES]
        if unknown or len(set(self.genres)) < max(2, len(self.genres)):
            raise UserError(
                f"data.genres is {', '.join(self.genres)}: "
                f"expected at least two of {', '.join(GENRES)}."
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
        """Returns the data set with the genres that have a folder, if it may be partial."""
        if not self.partial:
            return self
        home = _home(root)
        return replace(
            self, genres=tuple(genre for genre in self.genres if (home / genre).is_dir())
        )

    def is_below(self, root: Path) -> bool:
        """Returns whether a data root has the clips, in any of the published layouts."""
        return any((root / "gtzan" / layout).is_dir() for layout in LAYOUTS)

    def load(self, root: Path) -> Splits:
        """Returns the splits; every file is read once. Notes tell what was left out.

        See `DataSet.load`.
        """
        found = find(_home(root), self.genres, RATE, self.window_samples * self.windows)
        self._check(root, found)
        members = self._members({clip.name: clip for clip in found.clips})
        train, valid, test = (
            examples(members[name], RATE, self.window_samples) for name in FILTERED
        )
        splits = Splits(train, valid, test, _notes(found, members))
        splits.check(self.genres, self.protocol)
        return splits

    def files(self, root: Path) -> int:
        """Returns the number of sound files in the genres' folders."""
        return len(listed(_home(root), GENRES))

    def examine(self, root: Path, advance: Advance) -> list[Fault]:
        """Returns everything that is wrong with the clips; see `DataSet.examine`."""
        split = {name: split for split in FILTERED for name in filtered_clips(split)}
        names = frozenset(
            f"{genre}.{number:05d}" for genre in GENRES for number in range(CLIPS // len(GENRES))
        )
        expected = Expected(names, RATE, SHORTEST, LONGEST, split)
        told_left_out(_home(root), GENRES)
        return clip_faults(listed(_home(root), GENRES), expected, advance)

    def _check(self, root: Path, found: Found) -> None:
        first, reason = next(iter(found.bad.items()), ("", ""))
        check_bad_files(
            len(found.bad),
            found.total,
            self.max_bad_files,
            f"{len(found.bad)} of {found.total} sound files cannot be used, "
            f"first {first} ({reason})",
        )
        whole = CLIPS // len(GENRES) * len(self.genres)
        if found.total < whole and not self.partial and not is_standin(root):
            raise UserError(
                f"{root / 'gtzan'} holds {found.total} of the {whole} clips: use the whole set, "
                "or take what is there with --set data.partial=True."
            )

    def _members(self, clips: Mapping[str, Clip]) -> dict[str, list[Window]]:
        """The windows of each split."""
        if self.split == "random_windows":
            windows = self._cut(clips.values())
            drawn = self._draw(
                pd.Series([window.target for window in windows]), stratify_test=False
            )
            return {
                split: [windows[number] for number in sorted(index)]
                for split, index in drawn.items()
            }
        if self.split == "random_clips":
            labels = pd.Series({name: clip.label for name, clip in clips.items()})
            names = {
                split: sorted(index)
                for split, index in self._draw(labels, stratify_test=True).items()
            }
        else:
            names = {
                split: [name for name in filtered_clips(split) if name in clips]
                for split in FILTERED
            }
        return {split: self._cut(clips[name] for name in each) for split, each in names.items()}

    def _draw(self, truth: pd.Series, stratify_test: bool) -> dict[str, pd.Index]:
        return draw(
            truth, TEST, VALIDATION, self.seed, stratify_test=stratify_test, protocol=self.protocol
        )

    def _cut(self, clips: Iterable[Clip]) -> list[Window]:
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
        """Writes synthetic clips in the real layout; see `DataSet.write_standin`."""
        gtzan_standin.write(root / self.folder)


def _home(root: Path) -> Path:
    """The folder of the genres' folders."""
    for layout in LAYOUTS:
        if (root / "gtzan" / layout).is_dir():
            return root / "gtzan" / layout
    raise UserError(
        f"{root / GtzanAudio.folder} was not found: expected a folder for each genre with clips "
        f"of 30 s (GTZAN as on Kaggle, or {root / 'gtzan' / 'genres'} with .au files); leave "
        "--data out to run on a synthetic stand-in."
    )


def _notes(found: Found, members: Mapping[str, list[Window]]) -> dict[str, Any]:
    sides = {split: {window.clip for window in windows} for split, windows in members.items()}
    genres = Counter(clip.label for clip in found.clips)
    left_out = {"left out": found.left_out} if found.left_out else {}
    bad = "; ".join(f"{name}: {reason}" for name, reason in found.bad.items())
    return {
        "clips found": ", ".join(f"{genre} {count}" for genre, count in sorted(genres.items())),
        "clips in each split": ", ".join(f"{split} {len(clips)}" for split, clips in sides.items()),
        "songs on both sides": len(sides["train"] & (sides["valid"] | sides["test"])),
        "passed over": bad or "none",
        **left_out,
    }
