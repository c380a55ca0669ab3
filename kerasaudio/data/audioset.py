"""AudioSet: 527 classes of sound in clips of ten seconds, as 128 numbers for each second.

Source: Gemmeke et al. 2017; the features are VGGish's, whitened and quantized to bytes (Hershey et
al. 2017).
Files: audioset/{bal_train,unbal_train,eval}/*.tfrecord, see embeddings.py. A part that is larger
than the free memory stays in its files, with the same ids, targets, splits and batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from kerasaudio.data.audioset_classes import class_number, classes
from kerasaudio.data.audioset_parts import InMemory, divide, frame_inputs, read_parts
from kerasaudio.data.augment import Augment, Mix, Shift, ShiftAndMix
from kerasaudio.data.faults import check_limit
from kerasaudio.data.records.embeddings import BANDS, FRAMES, Clips
from kerasaudio.data.records.record_stream import RecordInputs
from kerasaudio.data.rows import Rows, with_content
from kerasaudio.data.standins import audioset_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import Binary, DataSet, Examples, MultiLabel, Splits, Task

ANY = "|"  # between the names of several classes that are one target


@dataclass(frozen=True)
class AudioSetTarget(DataSet):
    """Whether a clip of AudioSet has a class, or any of several classes.

    Args:
        target: Name or MID of the class, or several of them, such as "Speech|Singing".
        part: The part that training and validation clips come from. "eval" trains on the clips that
            the run is tested on, as the paper did to see whether a network can fit them at all; its
            scores say LEAKS.
        split: "shuffled" draws validation clips; "file_order" takes the last ones; "paper_leaky"
            augments before it draws, so copies of one clip are on both sides.
        seed: Seed of the draw and of the augmentation.
        validation: Share of the part that validates.
        short: Whether to drop clips of fewer than ten frames, or to pad them with frames of 0.
        max_bad_files: Largest share of the bytes of a part that are left out as bad records.
        augment: What makes more positive examples for training; `None` for nothing.
        in_memory: Whether the frames are kept in memory, or read from the files for each batch;
            "auto" keeps them if the free memory is large enough. Training is the same.
    """

    target: str = "Speech"
    part: Literal["bal_train", "unbal_train", "eval"] = "bal_train"
    split: Literal["shuffled", "file_order", "paper_leaky"] = "shuffled"
    seed: int = 0
    validation: float = 0.2
    short: Literal["drop", "pad"] = "drop"
    max_bad_files: float = 0.01
    augment: None | Shift | Mix | ShiftAndMix = None
    in_memory: InMemory = "auto"

    folder: ClassVar[str] = "audioset"
    task: ClassVar[Task] = Binary()
    shape: ClassVar[tuple[int | None, ...]] = (FRAMES, BANDS)
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        _check(self)
        if self.split == "paper_leaky" and self.augment is None:
            raise UserError(
                "data.split=paper_leaky augments before it splits: set data.augment, such as Shift."
            )
        self.numbers()

    def numbers(self) -> list[int]:
        """Returns the numbers of the target's classes."""
        return [class_number(name) for name in self.target.split(ANY)]

    @property
    def labels(self) -> tuple[str, ...]:
        names = list(classes().values())
        return ("other", " or ".join(names[number].lower() for number in self.numbers()))

    @property
    def protocol(self) -> str:
        return _protocol(self) + (f", augmented {_name(self.augment)}" if self.augment else "")

    def load(self, root: Path) -> Splits:
        """Returns the splits; notes tell what was left out. See `DataSet.load`."""
        pool, test, notes = _read(self, root)
        random = np.random.default_rng(self.seed)
        if self.split == "paper_leaky":
            every = self._examples(pool, random, augment=True)
            order = random.permutation(len(every))
            cut = int((1 - self.validation) * len(order))
            train, valid = (_chosen(every, rows) for rows in (order[:cut], order[cut:]))
        else:
            inside, outside = divide(pool, self.validation, self.split, random)
            train = self._examples(pool[inside], random, augment=True)
            valid = self._examples(pool[outside], random, augment=False)
        tested = self._examples(test, random, augment=False)
        splits = Splits(train, valid, tested, notes)
        splits.check(self.labels, self.protocol)
        return with_content(splits)

    def _examples(self, clips: Clips, random: np.random.Generator, augment: bool) -> Examples:
        targets = (clips.labels[:, self.numbers()].sum(axis=1) > 0).astype(np.int32)
        positive = np.flatnonzero(targets)
        changed = self.augment if augment else None
        copies = changed.copies(len(positive), random) if changed else {}
        ids = [clips.ids, *(clips.ids[positive] + f" {name}" for name in copies)]
        targets = np.concatenate([targets, np.ones(len(copies) * len(positive), np.int32)])
        inputs = frame_inputs(clips.frames, positive, copies)
        return Examples(tuple(np.concatenate(ids)), targets, inputs)

    def write_standin(self, root: Path) -> None:
        """Writes synthetic records in the real layout; see `DataSet.write_standin`."""
        audioset_standin.write(root / self.folder)


@dataclass(frozen=True)
class AudioSetTags(DataSet):
    """All 527 classes of AudioSet at once.

    Args:
        target: Name or MID of the class that is also scored on its own.
        part: The part that training and validation clips come from.
        split: "shuffled" draws validation clips; "file_order" takes the last ones.
        seed: Seed of the draw.
        validation: Share of the part that validates.
        short: Whether to drop clips of fewer than ten frames, or to pad them with frames of 0.
        max_bad_files: Largest share of the bytes of a part that are left out as bad records.
        in_memory: Whether the frames are kept in memory, or read from the files for each batch;
            "auto" keeps them if the free memory is large enough. Training is the same.
    """

    target: str = "Speech"
    part: Literal["bal_train", "unbal_train"] = "bal_train"
    split: Literal["shuffled", "file_order"] = "shuffled"
    seed: int = 0
    validation: float = 0.2
    short: Literal["drop", "pad"] = "drop"
    max_bad_files: float = 0.01
    in_memory: InMemory = "auto"

    folder: ClassVar[str] = "audioset"
    shape: ClassVar[tuple[int | None, ...]] = (FRAMES, BANDS)
    rate: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        _check(self)
        class_number(self.target)  # or one line that says which name was meant

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(classes().values())

    @property
    def task(self) -> Task:
        return MultiLabel(target=self.labels[class_number(self.target)])

    @property
    def protocol(self) -> str:
        return _protocol(self)

    def load(self, root: Path) -> Splits:
        """Returns the splits; notes tell what was left out. See `DataSet.load`."""
        pool, test, notes = _read(self, root)
        random = np.random.default_rng(self.seed)
        inside, outside = divide(pool, self.validation, self.split, random)
        train, valid, tested = (_tagged(clips) for clips in (pool[inside], pool[outside], test))
        absent = int((test.labels.sum(axis=0) == 0).sum())
        notes["classes without a test clip"] = absent
        return with_content(Splits(train, valid, tested, notes))

    def write_standin(self, root: Path) -> None:
        """Writes synthetic records in the real layout; see `DataSet.write_standin`."""
        audioset_standin.write(root / self.folder)


def _read(data: AudioSetTarget | AudioSetTags, root: Path) -> tuple[Clips, Clips, dict[str, Any]]:
    folder = root / data.folder
    return read_parts(folder, data.part, data.max_bad_files, data.short, data.in_memory)


def _tagged(clips: Clips) -> Examples:
    targets = clips.labels.toarray().view(np.uint8)
    return Examples(tuple(clips.ids), targets, frame_inputs(clips.frames))


def _chosen(examples: Examples, rows: np.ndarray) -> Examples:
    assert isinstance(examples.inputs, Rows | RecordInputs)
    ids = tuple(examples.ids[row] for row in rows)
    return Examples(ids, examples.targets[rows], examples.inputs[rows])


def _check(data: AudioSetTarget | AudioSetTags) -> None:
    if not 0 < data.validation < 1:
        raise UserError(f"data.validation is {data.validation}: expected a share between 0 and 1.")
    check_limit(data.max_bad_files)


def _protocol(data: AudioSetTarget | AudioSetTags) -> str:
    """What decides which clips are in which split."""
    seed = "" if data.split == "file_order" else f" seed {data.seed}"
    padded = ", short clips padded" if data.short == "pad" else ""
    leak = " LEAKS (trained on clips of the test)" if data.part == "eval" else ""
    return f"{data.part} {data.split}{seed}, eval{padded}{leak}"


def _name(augment: Augment) -> str:
    if isinstance(augment, ShiftAndMix):
        return f"{_name(augment.shift)} {_name(augment.mix)}"
    return f"±{augment.constant}" if isinstance(augment, Shift) else "mix"
