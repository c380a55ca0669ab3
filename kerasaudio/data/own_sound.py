"""Your own recordings: a folder for each label, a CSV manifest, or recordings with label tracks.

Files: ROOT/PATH/LABEL/.../NAME.wav; or ROOT/PATH.csv with the columns file and label, and if you
like start, end, group, fold and split; or ROOT/PATH/NAME.wav beside NAME.txt (an Audacity label
track) or NAME.selections.txt (a Raven selection table).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from kerasaudio.data.faults import check_limit
from kerasaudio.data.files import below, is_inside
from kerasaudio.data.own import own_health
from kerasaudio.data.own.groups import Draw, group_notes, groups_of, suggested
from kerasaudio.data.own.heard import Heard, listen
from kerasaudio.data.own.own_labels import Asked
from kerasaudio.data.own.own_windows import Cut, Ruler
from kerasaudio.data.own.passages import Passage, Source, read_source
from kerasaudio.data.progress import Progress
from kerasaudio.data.sound.windows import Short, examples
from kerasaudio.data.standins import own_sound_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import (
    Binary,
    DataSet,
    Examples,
    Fault,
    MultiLabel,
    SingleLabel,
    Splits,
    Task,
)
from kerasaudio.experiment.examples import SPLITS
from kerasaudio.experiment.parts import Advance


@dataclass(frozen=True)
class OwnSound(DataSet):
    """Windows of recordings below the data root; recordings of one group are in one split.

    `labels` are found (see `with_facts`) and then kept in the run.

    Args:
        path: A folder or a CSV manifest, relative to the data root.
        answer: Whether a recording has "one" label or "several", such as `dog|rain`.
        target: Label that is asked for, as a yes-or-no question; all others are a no.
        background: Label of recordings that are none of the others. It is also that of windows
            of long recordings without an event.
        group: What belongs together: "recording", "folder", a column of the manifest, or a regular
            expression on names such as `^(\\w+)_`; see `groups.groups_of`.
        folds: Number of folds, alike in their labels; one tests.
        fold: Number of the fold that tests, from 0.
        validation: Share of the other recordings that validates.
        seed: Seed of the folds.
        window: Length of a window in seconds.
        hop: Distance between two windows in seconds.
        short: Whether recordings that are shorter than a window are repeated ("repeat") or
            followed by silence ("pad").
        rate: Sampling rate in Hz that all recordings are converted to.
        label_from: Folder of a file's path that is its label, the "first" or the "last"; or a
            regular expression on names such as `^(\\w+?)_`, whose first group is the label.
        label_column: Column of labels in the manifest and in selection tables.
        max_bad_files: Largest share of recordings that cannot be used and are left out.
        labels: The labels, in the order of the model's outputs; empty for those that are found.
    """

    path: str = "own/sounds"
    answer: Literal["one", "several"] = "one"
    target: str | None = None
    background: str | None = None
    group: str | None = None
    folds: int = 5
    fold: int = 0
    validation: float = 0.15
    seed: int = 0
    window: float = 2.0
    hop: float = 0.5
    short: Short = "repeat"
    rate: int = 22_050
    label_from: str = "first"
    label_column: str = "label"
    max_bad_files: float = 0.05
    labels: tuple[str, ...] = ()

    shortest_rate: ClassVar[int] = 1000  # Hz

    def __post_init__(self) -> None:
        check_limit(self.max_bad_files)
        one_sample = 1 / max(self.rate, 1)
        if not one_sample <= self.hop <= self.window or self.rate < self.shortest_rate:
            raise UserError(
                f"data.hop is {self.hop}, data.window {self.window} and data.rate {self.rate}: "
                "expected a hop of one sample or more and not above the window, and at least "
                f"{self.shortest_rate} Hz."
            )
        Draw(self.folds, self.fold, self.validation, self.seed)  # it checks them
        if self.target and self.answer == "several":
            raise UserError("data.target is a question with one answer: leave data.answer out.")

    @property
    def folder(self) -> str:
        return self.path

    @property
    def task(self) -> Task:
        if self.target is not None:
            return Binary()
        return MultiLabel() if self.answer == "several" else SingleLabel()

    @property
    def shape(self) -> tuple[int | None, ...]:
        return (round(self.window * self.rate),)

    @property
    def protocol(self) -> str:
        groups = "the file" if self.group is None else self.group
        return (
            f"{self.path} by {groups}, fold {self.fold + 1} of {self.folds}, seed {self.seed}, "
            f"windows of {self.window:g} s every {self.hop:g} s"
        )

    @property
    def new_seconds(self) -> float:
        """Seconds of sound that a window adds; see `DataSet.new_seconds`."""
        return self.hop

    @property
    def repeats_short(self) -> bool:
        return self.short == "repeat"

    @property
    def background_label(self) -> str | None:
        return self.background if self.background in self.labels else None

    def with_facts(self, root: Path) -> OwnSound:
        """Returns the data set with the labels that are found, sorted, where none are given.

        The path is then relative to the data root, however it was written.

        Raises:
            UserError: If there is no labelled sound, or only one label.
        """
        if self.labels:
            return self
        passages = self._source(root).passages
        asked = Asked(self.target, self.background, self.answer == "several")
        labels = asked.labels(passages, root / self.path)
        return replace(self, path=below(self.path, root), labels=labels)

    def load(self, root: Path) -> Splits:
        """Returns the splits; every file is read once. Notes tell what was left out.

        See `DataSet.load`.
        """
        source = self._source(root)
        heard = self._listen(source)
        good, bad = own_health.usable(source, heard, self.rate)
        own_health.check(source, len(good), bad, self.max_bad_files)
        sides = self._sides(good)
        cut = Ruler(self.labels, self.target, self.background, self.answer == "several").cut
        parts: dict[str, list[Cut]] = {side: [] for side in SPLITS}
        for passage, side in zip(good, sides, strict=True):
            if side:
                known = heard[passage.path]
                assert isinstance(known, Heard)  # as of all that are good
                size = (round(self.window * self.rate), round(self.hop * self.rate))
                parts[side].append(cut(passage, known, self.rate, size, self.short))
        tracks = any(passage.events is not None for passage in good)
        train, valid, test = (self._examples(parts[side], tracks) for side in SPLITS)
        side_of = {each.file: side for each, side in zip(good, sides, strict=True) if side}
        notes = own_health.notes(source, bad, good, side_of, heard, parts)
        notes |= group_notes(groups_of(good, self.group)[0], sides)
        if hint := self._hint(good):
            notes["WARNING"] = hint
        splits = Splits(train, valid, test, notes)
        self._check_splits(splits)
        return splits

    def files(self, root: Path) -> int:
        """Returns the number of sound files that are named or found."""
        return len({passage.path for passage in self._source(root).passages})

    def examine(self, root: Path, advance: Advance) -> list[Fault]:
        """Returns everything that is wrong with the recordings; see `DataSet.examine`."""
        source = self._source(root)
        heard = listen([passage.path for passage in source.passages], self.rate, advance)
        good, bad = own_health.usable(source, heard, self.rate)
        try:
            sides: list[str] | UserError = self.with_facts(root)._sides(good) if good else []
        except UserError as error:
            sides = error
        hint = self._hint(good) if good else None
        found = own_health.faults(source, bad, good, heard, sides, self.window, self.short, hint)
        if isinstance(sides, list):
            asked = {self.target} if self.target else own_health.labels_of(good)
            found += own_health.missing(good, sides, asked)
        return found

    def write_standin(self, root: Path) -> None:
        """Writes synthetic recordings of four kinds; see `DataSet.write_standin`."""
        own_sound_standin.write(root / self.path)

    def _source(self, root: Path) -> Source:
        place = root / self.path
        if not is_inside(place, root):
            raise UserError(
                f"data.path is {self.path}: expected a folder or a file below the data root {root};"
                " see --data."
            )
        return read_source(place, root, self.label_from, self.label_column)

    def _listen(self, source: Source) -> dict[Path, Heard | str]:
        paths = list(dict.fromkeys(passage.path for passage in source.passages))
        with Progress("listen", len(paths), "recordings") as progress:
            return listen(paths, self.rate, progress.advance)

    def _sides(self, passages: Sequence[Passage]) -> list[str]:
        """The split of each passage; empty where the manifest names none."""
        return Draw(self.folds, self.fold, self.validation, self.seed).sides(passages, self.group)

    def _hint(self, passages: Sequence[Passage]) -> str | None:
        """What names suggest about groups, where none are given."""
        given = self.group is not None or any(each.columns.get("group") for each in passages)
        return None if given else suggested(passages)

    def _examples(self, parts: Sequence[Cut], tracks: bool) -> Examples:
        windows = [window for part in parts for window in part.windows]
        found = examples(windows, self.rate, round(self.window * self.rate), self.short)
        # Windows of a recording with a label track have labels of their own: it has none.
        return replace(found, clips=()) if tracks else found

    def _check_splits(self, splits: Splits) -> None:
        """Rare labels may be missing where there are several, and reports say which they are."""
        if self.answer == "one":
            splits.check(self.labels, self.protocol)
            return
        for name, each in splits:
            if not len(each):
                raise UserError(f"The split {self.protocol} has no examples in {name}.")
        if not np.ptp(splits.test.targets, axis=0).any():
            raise UserError(
                f"The split {self.protocol} has no label that some of its test windows have and "
                "others have not, so none can be rated: give more recordings, or another data.seed."
            )
