"""MagnaTagATune: 25,863 clips of 29 s in sixteen folders, fifty tags of which any number can hold at once.

Source: Law et al. 2009; 12 kHz, the scaling to [-1, 1] and the courses' splits as in the Bristol coursework COMSM0045,
which replicates Dieleman and Schrauwen 2014.
Files: magnatagatune/annotations_final.csv and magnatagatune/{0..9,a..f}/NAME.npy, as `prepare` makes them or the
courses hand them out: (10, 1, 34950), (10, 34950) or (349500,), int16 or floating point; or NAME.mp3 as published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from kerasaudio.data.arrays import Stored, clips, reader, stored
from kerasaudio.data.health import Fault
from kerasaudio.data.magnatagatune_health import faults
from kerasaudio.data.magnatagatune_tags import (
    FILE,
    PARTS,
    TAGS,
    Annotations,
    Vocabulary,
    read_annotations,
)
from kerasaudio.data.splits import Examples, Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import Task

SAMPLES = 349_500  # ten windows of 34,950
UNREADABLE = (35_644, 55_753, 57_881)  # clip_id of the published MP3s of no bytes
SUFFIXES = (".npy", ".mp3")  # the first that is there is read


@dataclass(frozen=True)
class Protocol:
    """Whose clips play which part. Without a test split of its own, the source chose on what it reported."""

    train: str
    valid: str
    test: str
    tagged: bool  # only clips with at least one of the fifty tags


PROTOCOLS = {
    "12-1-3": Protocol("0123456789ab", "c", "def", tagged=True),
    "13-3": Protocol("0123456789abc", "def", "def", tagged=True),
    "clean": Protocol("0123456789ab", "c", "def", tagged=True),
    "all": Protocol("0123456789ab", "c", "def", tagged=False),
}


@dataclass(frozen=True)
class MagnaTagATune:
    """Whole clips. `12-1-3` and `13-3` are the courses' splits, of merged tags; `clean` and `all` the literature's.

    `13-3` has no test clips apart from those that its source chose on, and says so.
    """

    split: Literal["12-1-3", "13-3", "clean", "all"] = "12-1-3"
    tags: Vocabulary = "merged"
    samples: int = SAMPLES  # of a clip, from its beginning
    full_scale: float = 1.0  # of clips in floating point: 32768 where they hold 16-bit numbers
    partial: bool = False  # take the clips that are there
    rotten: float = 0.01  # the largest share of unusable files that is passed over

    folder: ClassVar[str] = "magnatagatune"
    task: ClassVar[Task] = "multi_label"
    rate: ClassVar[int | None] = 12_000
    incomparable: ClassVar[str] = (
        "MagnaTagATune's protocols have other clips and tags and never share a table"
    )

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UserError(
                f"data.samples is {self.samples}: expected a whole number of at least 1."
            )
        if not self.full_scale > 0:
            raise UserError(f"data.full_scale is {self.full_scale}: expected more than 0.")
        if not 0 <= self.rotten < 1:
            raise UserError(f"data.rotten is {self.rotten}: expected a share from 0 to below 1.")

    @property
    def labels(self) -> tuple[str, ...]:
        return TAGS[self.tags]

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (self.samples,)

    @property
    def protocol(self) -> str:
        start = "" if self.samples == SAMPLES else f", first {self.samples} samples"
        return f"MagnaTagATune {self.split}, {self.tags} tags{start}" + (
            ", partial" if self.partial else ""
        )

    def load(self, root: Path) -> Splits:
        """Read the annotations and the clips' headers; samples stay on the disk until a batch needs them.

        Raises UserError for annotations that are not as published, for a set that is not whole (unless `partial`) and
        for too many unusable files.
        """
        home = root / self.folder
        annotations = read_annotations(home / FILE, self.tags)
        found = clip_files(home)
        wanted = {row: found.get(annotations.clips[row]) for row in self.members(annotations)}
        self._check_whole(
            home, [annotations.clips[row] for row, path in wanted.items() if path is None]
        )
        usable, rotten = examined(
            {row: path for row, path in wanted.items() if path is not None}, self.samples
        )
        self._check_rotten(rotten, len(usable))
        chosen = PROTOCOLS[self.split]
        read = reader(
            self._hertz, self.samples, self.full_scale, {file.kind for file in usable.values()}
        )
        train, valid, test = (
            self._examples(
                annotations,
                {row: file for row, file in usable.items() if annotations.clips[row][0] in parts},
                read,
            )
            for parts in (chosen.train, chosen.valid, chosen.test)
        )
        splits = Splits(train, valid, test, self._notes(annotations, found, rotten, test))
        for name, examples in splits:
            if not len(examples):
                raise UserError(
                    f"{home} has no clip of the {name} split of {self.protocol}: give clips of every part."
                )
        if not np.ptp(test.targets, axis=0).any():
            raise UserError(
                f"{home} has test clips of the same tags alone, {len(test)}: no tag can be rated; give more."
            )
        return splits

    def members(self, annotations: Annotations) -> list[int]:
        """The rows of the protocol's clips, whether they are there or not."""
        readable = ~np.isin(annotations.numbers, UNREADABLE)
        kept = (
            readable & annotations.truth.any(axis=1) if PROTOCOLS[self.split].tagged else readable
        )
        return np.flatnonzero(kept).tolist()

    def _examples(
        self, annotations: Annotations, usable: dict[int, Stored], read: Callable[..., Any]
    ) -> Examples:
        return Examples(
            ids=tuple(annotations.clips[row] for row in usable),
            targets=annotations.truth[list(usable)],
            inputs=clips(list(usable.values())),
            read_one=read,
        )

    def examine(self, root: Path, advance: Callable[[], None] = lambda: None) -> list[Fault]:
        """Every fault of the files below `root`, whatever the protocol leaves out; `advance` is called once a file."""
        home = root / self.folder
        annotations = read_annotations(home / FILE, self.tags)
        broken = np.flatnonzero(np.isin(annotations.numbers, UNREADABLE))
        left_out = frozenset(annotations.clips[row] for row in broken)
        return list(
            faults(annotations, clip_files(home), left_out, self._hertz, self.samples, advance)
        )

    @property
    def _hertz(self) -> int:
        assert self.rate is not None
        return self.rate

    def _check_whole(self, home: Path, missing: Sequence[str]) -> None:
        if missing and not self.partial:
            raise UserError(
                f"{home} lacks {len(missing)} of the clips of {self.protocol}, first {missing[0]}: give the whole set "
                "(.npy files, or the published .mp3), or take what is there with --set data.partial=True."
            )

    def _check_rotten(self, rotten: dict[str, str], usable: int) -> None:
        if len(rotten) > self.rotten * (usable + len(rotten)):
            raise UserError(
                f"{len(rotten)} of {usable + len(rotten)} clips cannot be used, first: "
                f"{next(iter(rotten.values())).rstrip('.')}; mend them or raise --set data.rotten."
            )

    def _notes(
        self,
        annotations: Annotations,
        found: dict[str, Path],
        rotten: dict[str, str],
        test: Examples,
    ) -> dict[str, Any]:
        absent = [tag for tag, count in test.counts(self.labels).items() if not count]
        return {
            "tags without a test clip": ", ".join(absent) or "none",
            "clips without annotation": len(found.keys() - set(annotations.clips)),
            "passed over": "; ".join(rotten.values()) or "none",
        }

    def write_standin(self, root: Path) -> None:
        """Synthetic clips in the real layout: see magnatagatune_standin."""
        from kerasaudio.data import magnatagatune_standin

        magnatagatune_standin.write(root / self.folder)


def clip_files(home: Path, suffixes: Sequence[str] = SUFFIXES) -> dict[str, Path]:
    """The file of every clip in the folders below `home`, by "PART/NAME"; links that lead out of it are left alone.

    Where a clip has several, that of the first suffix.
    """
    inside, found = home.resolve(), {}
    for part in PARTS:
        paths = sorted((home / part).iterdir()) if (home / part).is_dir() else []
        for suffix in reversed(suffixes):
            for path in paths:
                if path.suffix == suffix and (
                    not path.is_symlink() or path.resolve().is_relative_to(inside)
                ):
                    found[f"{part}/{path.stem}"] = path
    return found


def examined(paths: Mapping[int, Path], samples: int) -> tuple[dict[int, Stored], dict[str, str]]:
    """Files that can be used, by row, and why others cannot, by "PART/NAME"."""
    usable, rotten = {}, {}
    for row, path in paths.items():
        try:
            usable[row] = stored(path, samples)
        except UserError as reason:
            rotten[f"{path.parent.name}/{path.stem}"] = str(reason)
    return usable, rotten
