"""MagnaTagATune: 25,863 clips of 29 s in sixteen folders, each with any number of fifty tags.

Source: Law et al. 2009; 12 kHz, the scaling to [-1, 1] and the courses' splits as in the Bristol
coursework COMSM0045, which replicates Dieleman and Schrauwen 2014.
Files: magnatagatune/annotations_final.csv and magnatagatune/{0..9,a..f}/NAME.npy, as `prepare`
makes them or the courses hand them out: (10, 1, 34950), (10, 34950) or (349500,), int16 or floating
point; or NAME.mp3 as published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from kerasaudio.data import magnatagatune_arrays
from kerasaudio.data.faults import check_bad_files, check_limit
from kerasaudio.data.magnatagatune_arrays import RATE, SAMPLES, clip_files
from kerasaudio.data.magnatagatune_protocols import PROTOCOLS, UNREADABLE, members
from kerasaudio.data.magnatagatune_tags import (
    FILE,
    TAGS,
    Annotations,
    Vocabulary,
    read_annotations,
)
from kerasaudio.data.parallel import at_once
from kerasaudio.data.sound.arrays import ClipFiles
from kerasaudio.data.sound.health import array_fault, array_faults
from kerasaudio.data.sound.stored import Stored, stored
from kerasaudio.data.standins import magnatagatune_standin
from kerasaudio.data.stores.store import StoreError
from kerasaudio.data.stores.stores import in_flight
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Examples, Fault, MultiLabel, Splits, Task
from kerasaudio.experiment.parts import Advance, Spread

PUBLISHED = 25_863  # annotated clips


@dataclass(frozen=True)
class MagnaTagATune(DataSet):
    """Whole clips of MagnaTagATune, each with any number of fifty tags.

    Args:
        split: "12-1-3" and "13-3" are the courses' splits, of merged tags; "clean" and "all" are
            those of the literature. "13-3" has no test clips apart from those that its source chose
            its epochs on, and says so.
        tags: "merged" joins synonyms first; "top50" are the most frequent tags as they are.
        samples: Number of samples that are taken from the beginning of a clip.
        full_scale: The sample of an array in floating point that stands for 1; 32768 if arrays
            hold 16-bit numbers as floating point.
        partial: Whether to take the clips that are there, instead of expecting all.
        max_bad_files: Largest share of files that cannot be used and are left out.
    """

    split: Literal["12-1-3", "13-3", "clean", "all"] = "12-1-3"
    tags: Vocabulary = "merged"
    samples: int = SAMPLES
    full_scale: float = 1.0
    partial: bool = False
    max_bad_files: float = 0.01

    folder: ClassVar[str] = "magnatagatune"
    task: ClassVar[Task] = MultiLabel()
    rate: ClassVar[int | None] = RATE
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
        check_limit(self.max_bad_files)

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
        """Returns the splits; samples stay on the disk until a batch needs them.

        Only the annotations and the clips' headers are read. See `DataSet.load`.
        """
        home = root / self.folder
        annotations = read_annotations(home / FILE, self.tags)
        found = clip_files(home)
        wanted = {
            row: found.get(annotations.clips[row]) for row in members(annotations, self.split)
        }
        self._check_whole(
            home, [annotations.clips[row] for row, path in wanted.items() if path is None]
        )
        usable, bad = _examined(
            {row: path for row, path in wanted.items() if path is not None}, self.samples
        )
        self._check_bad(bad, len(usable))
        chosen = PROTOCOLS[self.split]
        train, valid, test = (
            self._examples(annotations, usable, folders)
            for folders in (chosen.train, chosen.valid, chosen.test)
        )
        splits = Splits(train, valid, test, self._notes(annotations, found, bad, test))
        self._check_splits(home, splits)
        return splits

    def _examples(
        self, annotations: Annotations, usable: Mapping[int, Stored], folders: str
    ) -> Examples:
        rows = [row for row in usable if annotations.clips[row][0] in folders]
        files = tuple(usable[row] for row in rows)
        return Examples(
            ids=tuple(annotations.clips[row] for row in rows),
            targets=annotations.truth[rows],
            inputs=ClipFiles(files, RATE, self.samples, self.full_scale),
        )

    def files(self, root: Path) -> int:
        """Returns the number of clips that are there."""
        return len(clip_files(root / self.folder))

    def examine(self, root: Path, advance: Advance) -> list[Fault]:
        """Returns everything that is wrong with the clips; see `DataSet.examine`."""
        home = root / self.folder
        annotations = read_annotations(home / FILE, self.tags)
        unreadable = np.flatnonzero(np.isin(annotations.numbers, UNREADABLE))
        return array_faults(
            annotations.clips,
            clip_files(home),
            frozenset(annotations.clips[row] for row in unreadable),
            partial(array_fault, rate=RATE, samples=self.samples, full_scale=self.full_scale),
            advance,
        )

    def prepare(self, root: Path, out: Path, spread: Spread, advance: Advance) -> list[str]:
        """Writes PART/NAME.npy for each PART/NAME.mp3; see `DataSet.prepare`."""
        return magnatagatune_arrays.convert(root / self.folder, out / self.folder, spread, advance)

    def write_standin(self, root: Path) -> None:
        """Writes synthetic clips in the real layout; see `DataSet.write_standin`."""
        magnatagatune_standin.write(root / self.folder)

    def _check_whole(self, home: Path, missing: Sequence[str]) -> None:
        if missing and not self.partial:
            raise UserError(
                f"{home} lacks {len(missing)} of the clips of {self.protocol}, "
                f"first {missing[0]}: give the whole set (.npy files, or the published .mp3), or "
                "take what is there with --set data.partial=True."
            )

    def _check_bad(self, bad: Mapping[str, str], usable: int) -> None:
        total = usable + len(bad)
        first = next(iter(bad.values()), "")
        found = f"{len(bad)} of {total} clips cannot be used, first: {first}"
        check_bad_files(len(bad), total, self.max_bad_files, found)

    def _check_splits(self, home: Path, splits: Splits) -> None:
        for name, examples in splits:
            if not len(examples):
                raise UserError(
                    f"{home} has no clip of the {name} split of {self.protocol}: "
                    "give clips of every part."
                )
        if not np.ptp(splits.test.targets, axis=0).any():
            raise UserError(
                f"All {len(splits.test)} test clips in {home} have the same tags: "
                "no tag can be rated; give more."
            )

    def _notes(
        self,
        annotations: Annotations,
        found: Mapping[str, Path],
        bad: Mapping[str, str],
        test: Examples,
    ) -> dict[str, Any]:
        absent = [tag for tag, count in test.counts(self.labels).items() if not count]
        return {
            "tags without a test clip": ", ".join(absent) or "none",
            "annotations": f"{len(annotations.clips):,} of {PUBLISHED:,}",
            "clips without annotation": len(found.keys() - set(annotations.clips)),
            "passed over": "; ".join(bad.values()) or "none",
        }


def _examined(paths: Mapping[int, Path], samples: int) -> tuple[dict[int, Stored], dict[str, str]]:
    """Files that can be used, by row, and why others cannot, by "PART/NAME"."""

    def examine(path: Path) -> Stored | str:
        try:
            return stored(path, samples)
        except StoreError:
            raise  # the network's fault, not the file's
        except UserError as reason:
            return str(reason)

    files = list(paths.values())
    found = at_once(examine, files, in_flight(files))
    names = [f"{path.parent.name}/{path.stem}" for path in files]
    usable = {row: each for row, each in zip(paths, found, strict=True) if isinstance(each, Stored)}
    bad = {name: each for name, each in zip(names, found, strict=True) if isinstance(each, str)}
    return usable, bad
