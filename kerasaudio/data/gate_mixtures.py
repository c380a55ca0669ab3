"""Mixtures that teach a gate: clips of a target at random times in backgrounds, labelled by frame.

Nobody marks anything by hand: where the target sounds is told by the envelope of its clean clips.

Files: ROOT/PATH/.../NAME.wav for each of `target` and `background`, which are folders, or CSV
manifests with the columns file and label and, if you like, start, end, group and split.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kerasaudio.data.faults import check_bad_files, check_limit
from kerasaudio.data.gate.clips import Clip
from kerasaudio.data.gate.mixing import Mixer, Recipe, frame_labels
from kerasaudio.data.gate.mixture_inputs import MixtureInputs
from kerasaudio.data.gate.pools import left_out, notes_on, pool, usable_clips
from kerasaudio.data.gate.sources import copies_between, find_sounds, read_sounds
from kerasaudio.data.own.groups import Draw
from kerasaudio.data.progress import Progress
from kerasaudio.data.standins import gate_standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, Examples, Frames, Splits, Task
from kerasaudio.experiment.examples import SPLITS

UNTESTED = (  # test mixtures stay
    "valid_files",
    "even",
    "snr_db",
    "vary",
    "mixtures",
    "lookahead_ms",
    "most_lost",
    "max_bad_files",
)


@dataclass(frozen=True)
class GateMixtures(DataSet):
    """Mixtures of a target and backgrounds. Groups of clips, such as speakers, are in one split.

    All mixtures are fixed by the seed. Those that validate and test are, in turn, without a
    background and with one at 10, 0 and -5 dB of signal-to-noise ratio.

    Args:
        target: Folders or CSV manifests of clean clips of the target, relative to the data root.
        background: Folders or manifests of everything else.
        label: What to call the target.
        target_files: Regular expression on the paths of the clips to take; "" takes all.
        background_files: The same for backgrounds.
        target_group: What belongs together; see `own.groups.groups_of`.
        background_group: The same for backgrounds.
        test_files: Regular expression on the paths of all clips that test. Where it is "", one of
            `folds` tests.
        valid_files: The same for those of the other clips that validate; "" draws `validation`.
        even: Whether each group trains and validates about equally often, however many clips it
            has.
        folds: Number of folds of groups.
        fold: Number of the fold that tests, from 0.
        validation: Share of the other groups that validates, where no files are named for that.
        rate: Sampling rate in Hz.
        length: Length of a mixture in seconds.
        frame_ms: Length of a labelled frame in ms.
        open_db: The target sounds while its envelope is above this level below its peak, in dB.
        bridge_ms: Gaps up to this length in ms count as sounding.
        lookahead_ms: How far an answer may look ahead, in ms. It is latency of the gate.
        most_lost: Largest share of the target that the gate's settings may lose on the validation
            mixtures that choose them.
        snr_db: Lowest and highest signal-to-noise ratio in dB of training mixtures.
        level_db: Lowest and highest level of the target in dB of full scale.
        most: Largest number of targets in a mixture.
        without: Share of mixtures without a target.
        hits: Number of backgrounds a second, at random times. 0 has one background throughout,
            which is repeated if it is shorter than a mixture.
        speed: Lowest and highest speed at which clips are played, as a tape would.
        vary: Whether clips of training mixtures get other colours and decays at random, so that a
            few clips stand for more.
        mixtures: Number of training, validation and test mixtures.
        max_bad_files: Largest share of files that cannot be used and are left out.
        seed: Seed of the splits and of all mixtures.
    """

    target: tuple[str, ...] = ("gate/target",)
    background: tuple[str, ...] = ("gate/background",)
    label: str = "target"
    target_files: str = ""
    background_files: str = ""
    target_group: str | None = None
    background_group: str | None = None
    test_files: str = ""
    valid_files: str = ""
    even: bool = False
    folds: int = 5
    fold: int = 0
    validation: float = 0.2
    rate: int = 16_000
    length: float = 3.0
    frame_ms: float = 5.0
    open_db: float = -40.0
    bridge_ms: float = 50.0
    lookahead_ms: float = 0.0
    most_lost: float = 0.1
    snr_db: tuple[float, float] = (-8.0, 25.0)
    level_db: tuple[float, float] = (-40.0, -16.0)
    most: int = 3
    without: float = 0.2
    hits: float = 0.0
    speed: tuple[float, float] = (1.0, 1.0)
    vary: bool = False
    mixtures: tuple[int, int, int] = (1200, 200, 400)
    max_bad_files: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        check_limit(self.max_bad_files)
        Draw(self.folds, self.fold, self.validation, self.seed)  # it checks them
        for name in ("length", "frame_ms", "bridge_ms", "lookahead_ms", "hits"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UserError(f"data.{name} is {getattr(self, name)}: expected 0 or more.")
        if self.hop < 1 or abs(self.frame_ms * self.rate / 1000 - self.hop) > 1e-6:
            raise UserError(
                f"data.frame_ms is {self.frame_ms} and data.rate {self.rate}: expected frames of a "
                "whole number of samples."
            )
        if not 0 < self.most_lost < 1:
            raise UserError(f"data.most_lost is {self.most_lost}: expected a share from 0 to 1.")
        if not self.open_db < 0 or not 0 <= self.without < 1 or self.most < 1:
            raise UserError(
                f"data.open_db is {self.open_db}, data.without {self.without} and data.most "
                f"{self.most}: expected below 0, from 0 to below 1, and at least 1."
            )
        for name in ("snr_db", "level_db", "speed"):
            low, high = getattr(self, name)
            if not low <= high or (name == "speed" and not 0.1 <= low):
                raise UserError(f"data.{name} is {low}, {high}: expected the lower one first.")
        if min(self.mixtures) < 1 or not 10 * self.hop <= self.shape[0]:
            raise UserError(
                f"data.mixtures is {self.mixtures} and data.length {self.length}: expected at "
                "least one mixture a split, of at least ten frames."
            )

    @property
    def folder(self) -> str:
        return self.target[0]

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.label,)

    @property
    def task(self) -> Task:
        return Frames(self.frame_ms / 1000, self.delay, self.most_lost)

    @property
    def shape(self) -> tuple[int]:
        return (round(self.length * self.rate) // self.hop * self.hop,)

    @property
    def hop(self) -> int:
        """Samples in a labelled frame."""
        return round(self.frame_ms * self.rate / 1000)

    @property
    def delay(self) -> int:
        """Frames by which an answer comes later than what it is about."""
        return round(self.lookahead_ms / self.frame_ms)

    @property
    def protocol(self) -> str:
        tested = self.test_files or f"fold {self.fold + 1} of {self.folds}"
        decides = {name: value for name, value in asdict(self).items() if name not in UNTESTED}
        settings = hashlib.sha256(repr((decides, self.mixtures[2])).encode()).hexdigest()[:8]
        return (
            f"mixtures of {', '.join(self.target)} in {', '.join(self.background)}, test {tested}, "
            f"seed {self.seed}, settings {settings}"
        )

    def load(self, root: Path) -> Splits:
        """Returns the splits; every file is read once. See `DataSet.load`."""
        found = (
            find_sounds(root, self.target, self.target_files, "target"),
            find_sounds(root, self.background, self.background_files, "background"),
        )
        groups = (self.target_group, self.background_group)
        sides = [
            each.sides(self._draw, group, self.test_files, self.valid_files)
            for each, group in zip(found, groups, strict=True)
        ]
        sounds = [read_sounds(each, self.rate) for each in found]
        clips = [
            usable_clips(*each, self.rate, self.open_db, self.bridge_ms / 1000)
            for each in zip(found, sounds, strict=True)
        ]
        for each, made in zip(found, clips, strict=True):
            check_bad_files(made.count(None), len(made), self.max_bad_files, left_out(each, made))
        examples = []
        for number, side in enumerate(SPLITS):
            even = self.even and side != "test"
            pools = [
                pool(each, made, of, side, even, group)
                for each, made, of, group in zip(found, clips, sides, groups, strict=True)
            ]
            examples.append(self._examples(side, number, pools))
        notes = notes_on(found, clips, sides, SPLITS)
        if told := copies_between(found, sounds, self.rate):
            notes["WARNING, targets in the background"] = told
        train, valid, test = examples
        return Splits(train, valid, test, notes, _content(clips))

    def write_standin(self, root: Path) -> None:
        """Writes synthetic targets and backgrounds; see `DataSet.write_standin`."""
        gate_standin.write(root, self.target, self.background)

    @property
    def _draw(self) -> Draw:
        return Draw(self.folds, self.fold, self.validation, self.seed)

    def _examples(self, side: str, number: int, pools: Sequence[Sequence[Clip]]) -> Examples:
        recipe = Recipe(
            self.shape[0],
            self.snr_db,
            self.level_db,
            self.most,
            self.without,
            self.hits,
            self.speed,
            self.rate,
            self.vary and side == "train",
            self.open_db,
            self.bridge_ms / 1000,
        )
        mixer = Mixer(pools[0], pools[1], recipe, (self.seed, number), fixed=side != "train")
        count = self.mixtures[number]
        inputs = MixtureInputs(tuple((mixer, each) for each in range(count)))
        labels = np.empty((count, self.shape[0] // self.hop, 1), np.uint8)
        with Progress("label", count, "mixtures", of=f"{side} mixtures") as progress:
            for each in range(count):
                labels[each, :, 0] = frame_labels(mixer.active(each), self.hop, self.delay)
                progress.advance()
        label = self.label.replace(" ", "_")  # the condition begins after the first blank
        names = tuple(
            f"{label}-{self.seed}-{side}-{each:04d} {mixer.condition(each)}"
            for each in range(count)
        )
        return Examples(names, labels, inputs)


def _content(clips: Sequence[Sequence[Clip | None]]) -> str:
    """A hash of all samples."""
    found = hashlib.sha256()
    for clip in (clip for each in clips for clip in each if clip):
        found.update(np.ascontiguousarray(clip.sound).data)
    return found.hexdigest()
