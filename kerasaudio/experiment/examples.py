"""What a data set gives to training: labelled examples in three splits."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kerasaudio.errors import UserError

if TYPE_CHECKING:
    import tensorflow as tf

SPLITS = ("train", "valid", "test")


class Inputs(Protocol):
    """The inputs of a split's examples, in memory or in files. Every kind is read in the same way.

    Implementations: `data.rows.Rows` (an array), `data.sound.windows.WindowFiles` (windows
    of sound files) and `data.sound.arrays.ClipFiles` (whole clips).
    """

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets.

        Args:
            numbers: Dataset of scalar int64 example numbers, in the order in which they are
                wanted. `None` stands for all examples once, in order.
            targets: Targets of all examples, of shape `(examples, ...)`.
            batch_size: Examples in a batch; the last batch may be smaller.

        Returns:
            Dataset of `(inputs, targets)` pairs of shapes `(batch, *shape)` and `(batch, ...)`.
        """
        ...

    def __add__(self, other: Any) -> Inputs:
        """Returns these inputs followed by those of another split of the same data set."""
        ...


@dataclass(frozen=True)
class Examples:
    """The examples of one split.

    Args:
        ids: Name of each example; unique within the data set.
        targets: Label numbers of shape `(examples,)`, or 0 and 1 of shape `(examples, labels)`
            where an example can have several labels, and `(examples, frames, labels)` where its
            frames have.
        inputs: The examples' inputs, in the order of `ids`.
        clips: Name of the clip that each example is a window of. Empty where examples are no
            windows.
        precomputed: Name of the model's layer whose output the inputs are. Empty where they are
            what the data set gives (see `training/precompute.py`).
        sound: The sound that precomputed inputs were made of. `None` where nothing is precomputed.
    """

    ids: tuple[str, ...]
    targets: np.ndarray
    inputs: Inputs
    clips: tuple[str, ...] = ()
    precomputed: str = ""
    sound: Inputs | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __add__(self, other: Examples) -> Examples:
        return replace(
            self,
            ids=self.ids + other.ids,
            targets=np.concatenate([self.targets, other.targets]),
            inputs=self.inputs + other.inputs,
            clips=self.clips + other.clips,
            sound=self.sound and self.sound + other.sound,
        )

    def counts(self, labels: tuple[str, ...]) -> dict[str, int]:
        """Returns the number of examples of each label; a frame's label is its example's, too."""
        if self.targets.ndim > 1:
            held = self.targets.any(axis=1) if self.targets.ndim == 3 else self.targets
            return dict(zip(labels, held.sum(axis=0).tolist(), strict=True))
        found = Counter(int(target) for target in self.targets)
        return {label: found[number] for number, label in enumerate(labels)}


@dataclass(frozen=True)
class Splits:
    """The training, validation and test examples of one protocol.

    Args:
        train: Examples that the weights are fitted to.
        valid: Examples that choose among epochs and trials.
        test: Examples that are scored once, at the end.
        notes: Facts about the splits that a report should tell, by name.
        content: SHA-256 of the numbers in all splits, or `None` where they are in files. Two runs
            with different values were not trained on the same data.
    """

    train: Examples
    valid: Examples
    test: Examples
    notes: Mapping[str, Any] = field(default_factory=dict)
    content: str | None = None

    def __iter__(self) -> Iterator[tuple[str, Examples]]:
        yield from (("train", self.train), ("valid", self.valid), ("test", self.test))

    def members_hash(self) -> str:
        """Returns the SHA-256 of all `split/id` lines, sorted.

        It is equal for two protocols that put the same examples into the same splits.
        """
        lines = sorted(f"{name}/{member}\n" for name, examples in self for member in examples.ids)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def selected_on_test(self) -> Splits:
        """Returns splits in which the test examples also choose epochs and trials.

        All other examples train. Many papers did it this way; their scores are too good.
        """
        if self.valid.ids == self.test.ids:
            return self
        return replace(self, train=self.train + self.valid, valid=self.test)

    def check(self, labels: tuple[str, ...], protocol: str) -> None:
        """Checks that every split has examples of every label.

        Args:
            labels: All labels, in the order of the model's outputs.
            protocol: Name of the protocol, for the message.

        Raises:
            UserError: If a split lacks a label.
        """
        for name, examples in self:
            missing = [label for label, n in examples.counts(labels).items() if not n]
            if missing:
                raise UserError(
                    f"Too few examples for the split {protocol}: {name} has none of "
                    f"{', '.join(missing)}; expected at least one of every label. "
                    "Give more data or another split."
                )
