"""AudioSet: 527 classes of sound in clips of ten seconds, as 128 numbers a second.

Source: Gemmeke et al. 2017; the features are VGGish's, whitened and quantised to bytes (Hershey et al. 2017).
Files: audioset/{bal_train,unbal_train,eval}/*.tfrecord, see embeddings.py.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from kerasaudio.data.augment import Augment, Mix, Shift, ShiftAndMix
from kerasaudio.data.embeddings import BANDS, FRAMES, Clips, read_folder
from kerasaudio.data.records import describe
from kerasaudio.data.splits import Examples, Splits
from kerasaudio.errors import UserError
from kerasaudio.experiment import Task

ANY = "|"  # between the names of several classes that are one target


@cache
def classes() -> dict[str, str]:
    """Every class's name by its MID, in AudioSet's order: {"/m/09x0r": "Speech", ...}."""
    with (Path(__file__).parent / "audioset_labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["mid"]: row["display_name"] for row in csv.DictReader(file)}


def class_number(text: str) -> int:
    """The number of a class by name or MID. Raises UserError for one that is not there, with the nearest that is."""
    mids, names = list(classes()), [name.lower() for name in classes().values()]
    wanted = text.strip()
    if wanted in mids:
        return mids.index(wanted)
    if wanted.lower() in names:
        return names.index(wanted.lower())
    nearest = difflib.get_close_matches(wanted.lower(), names, n=1, cutoff=0.4)
    hint = (
        f"did you mean {list(classes().values())[names.index(nearest[0])]!r}?"
        if nearest
        else "see the ontology."
    )
    raise UserError(f"AudioSet has no class {wanted!r}: expected one of 527 names or MIDs; {hint}")


@dataclass(frozen=True)
class Rows:
    """Clips and their targets, one a row."""

    ids: np.ndarray
    targets: np.ndarray
    frames: np.ndarray

    def examples(self, rows: Any = slice(None)) -> Examples:
        """The chosen rows as a split."""
        return Examples(tuple(self.ids[rows]), self.targets[rows], self.frames[rows])


@dataclass(frozen=True)
class AudioSetTarget:
    """Whether a clip has a class, or any of several: "Speech", "/m/09x0r", "Speech|Singing"."""

    target: str = "Speech"
    part: Literal["bal_train", "unbal_train"] = (
        "bal_train"  # that training and validation come from
    )
    split: Literal["shuffled", "file_order", "paper_leaky"] = "shuffled"
    seed: int = 0  # of the shuffle and of the augmentation
    validation: float = 0.2
    short: Literal["drop", "pad"] = "drop"  # clips of fewer than ten frames; padding is frames of 0
    tolerated: float = 0.01  # share of rotten bytes, by part
    augment: None | Shift | Mix | ShiftAndMix = None  # of the positives

    folder: ClassVar[str] = "audioset"
    task: ClassVar[Task] = "binary"
    shape: ClassVar[tuple[int | None, ...]] = (FRAMES, BANDS)
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        check_settings(self)
        if self.split == "paper_leaky" and self.augment is None:
            raise UserError(
                "data.split=paper_leaky augments before it splits: set data.augment, such as Shift."
            )
        self.numbers()

    def numbers(self) -> list[int]:
        """The target's class numbers."""
        return [class_number(name) for name in self.target.split(ANY)]

    @property
    def labels(self) -> tuple[str, ...]:
        names = list(classes().values())
        return ("other", " or ".join(names[number].lower() for number in self.numbers()))

    @property
    def protocol(self) -> str:
        changed = f", augmented {augmented_by(self.augment)}" if self.augment else ""
        return protocol(self) + changed

    def load(self, root: Path) -> Splits:
        """The splits. Raises UserError for missing files and for too many rotten records."""
        pool, test, notes = read_parts(self, root / self.folder)
        random = np.random.default_rng(self.seed)
        if self.split == "paper_leaky":
            rows = self._rows(pool, random, augment=True)
            order = random.permutation(len(rows.ids))
            cut = int((1 - self.validation) * len(order))
            train, valid = rows.examples(order[:cut]), rows.examples(order[cut:])
        else:
            inside, outside = divide(pool, self.validation, self.split, random)
            train = self._rows(pool[inside], random, augment=True).examples()
            valid = self._rows(pool[outside], random, augment=False).examples()
        splits = Splits(train, valid, self._rows(test, random, augment=False).examples(), notes)
        splits.check(self.labels, self.protocol)
        return splits

    def _rows(self, clips: Clips, random: np.random.Generator, augment: bool) -> Rows:
        targets = (clips.labels[:, self.numbers()].sum(axis=1) > 0).astype(np.int32)
        ids, frames = [clips.ids], [clips.frames]
        positive = targets == 1
        copies = self.augment(clips.frames[positive], random) if augment and self.augment else {}
        for name, each in copies.items():
            ids.append(clips.ids[positive] + f" {name}")
            frames.append(each)
        targets = np.concatenate([targets, np.ones(len(copies) * int(positive.sum()), np.int32)])
        return Rows(np.concatenate(ids), targets, np.concatenate(frames))

    def write_standin(self, root: Path) -> None:
        """Synthetic records in the real layout."""
        from kerasaudio.data import audioset_standin

        audioset_standin.write(root / self.folder)


@dataclass(frozen=True)
class AudioSetTags:
    """All 527 classes at once; the scores of `readout` are told apart."""

    readout: str = "Speech"
    part: Literal["bal_train", "unbal_train"] = "bal_train"
    split: Literal["shuffled", "file_order"] = "shuffled"
    seed: int = 0
    validation: float = 0.2
    short: Literal["drop", "pad"] = "drop"
    tolerated: float = 0.01

    folder: ClassVar[str] = "audioset"
    task: ClassVar[Task] = "multi_label"
    shape: ClassVar[tuple[int | None, ...]] = (FRAMES, BANDS)
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        check_settings(self)
        class_number(self.readout)  # or one line that says which name was meant

    @property
    def readout_number(self) -> int:
        return class_number(self.readout)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(classes().values())

    @property
    def protocol(self) -> str:
        return protocol(self)

    def load(self, root: Path) -> Splits:
        """The splits. Raises UserError for missing files and for too many rotten records."""
        pool, test, notes = read_parts(self, root / self.folder)
        inside, outside = divide(
            pool, self.validation, self.split, np.random.default_rng(self.seed)
        )
        train, valid, tested = (_tagged(clips) for clips in (pool[inside], pool[outside], test))
        absent = int((test.labels.sum(axis=0) == 0).sum())
        return Splits(train, valid, tested, notes | {"classes without a test clip": absent})

    def write_standin(self, root: Path) -> None:
        """Synthetic records in the real layout."""
        AudioSetTarget().write_standin(root)


AudioSet = AudioSetTarget | AudioSetTags


def _tagged(clips: Clips) -> Examples:
    return Rows(clips.ids, clips.labels.toarray().astype(np.uint8), clips.frames).examples()


def check_settings(data: AudioSet) -> None:
    """Raises UserError for shares that are none."""
    if not 0 < data.validation < 1:
        raise UserError(f"data.validation is {data.validation}: expected a share between 0 and 1.")
    if not 0 <= data.tolerated < 1:
        raise UserError(f"data.tolerated is {data.tolerated}: expected a share from 0 to below 1.")


def protocol(data: AudioSet) -> str:
    """What decides who is in which split."""
    seed = "" if data.split == "file_order" else f" seed {data.seed}"
    return f"{data.part} {data.split}{seed}, eval" + (
        ", short clips padded" if data.short == "pad" else ""
    )


def augmented_by(augment: Augment) -> str:
    """An augmentation in a word or two."""
    if isinstance(augment, ShiftAndMix):
        return f"{augmented_by(augment.shift)} {augmented_by(augment.mix)}"
    return f"±{augment.constant}" if isinstance(augment, Shift) else "mix"


def read_parts(data: AudioSet, folder: Path) -> tuple[Clips, Clips, dict[str, Any]]:
    """The clips to train and validate with, those to test on, and notes. No YouTube id is in both."""
    pool, test = (read_folder(folder / part, data.tolerated) for part in (data.part, "eval"))
    notes: dict[str, Any] = {}
    faults = pool.faults + test.faults
    if faults:
        notes["passed over"] = describe(faults)
        print(f"passed over {describe(faults)}")
    whole = [np.asarray(clips.lengths == FRAMES) for clips in (pool, test)]
    notes["clips of fewer than 10 frames"] = (
        f"{sum(int((~each).sum()) for each in whole)} ({data.short})"
    )
    if data.short == "drop":
        pool, test = pool[whole[0]], test[whole[1]]
    apart = ~np.isin(pool.ids.astype(str), test.ids.astype(str))
    notes["clips left out for their id is in eval"] = int((~apart).sum())
    return pool[apart], test, notes


def divide(
    clips: Clips, share: float, split: str, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers inside and outside; all clips of an id stay together, in the files' order or a random one."""
    _, first, groups = np.unique(clips.ids.astype(str), return_index=True, return_inverse=True)
    order = np.argsort(first) if split == "file_order" else random.permutation(len(first))
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    inside = place[groups] < int((1 - share) * len(order))
    return np.flatnonzero(inside), np.flatnonzero(~inside)
