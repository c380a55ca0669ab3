"""Which examples a protocol puts where."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import train_test_split

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Examples:
    """One split's members; `inputs` has or yields one input each, in the order of `ids`."""

    ids: tuple[str, ...]
    targets: np.ndarray  # (examples,) label numbers, or (examples, labels) of 0 and 1
    inputs: Any  # an array (examples, *shape), or a tf.data.Dataset of where they are
    decode: Callable[..., tf.Tensor] | None = (
        None  # a batch of `inputs` to (batch, *shape), if that is read
    )
    read_one: Callable[..., tf.Tensor] | None = (
        None  # or one of `inputs` to (*shape,): faster where TensorFlow reads
    )
    clips: tuple[str, ...] = ()  # that each example is a window of, where examples are windows
    behind: str = ""  # the model's layer whose output the examples are, where that was computed ahead of the model

    def __len__(self) -> int:
        return len(self.ids)

    def counts(self, labels: tuple[str, ...]) -> dict[str, int]:
        """Examples a label."""
        if self.targets.ndim == 2:
            return dict(zip(labels, self.targets.sum(axis=0).tolist(), strict=True))
        found = Counter(int(target) for target in self.targets)
        return {label: found[number] for number, label in enumerate(labels)}

    def __add__(self, other: Examples) -> Examples:
        targets = np.concatenate([self.targets, other.targets])
        if isinstance(self.inputs, np.ndarray):
            inputs = np.concatenate([self.inputs, other.inputs])
        else:
            inputs = self.inputs.concatenate(other.inputs)
        return replace(
            self,
            ids=self.ids + other.ids,
            targets=targets,
            inputs=inputs,
            clips=self.clips + other.clips,
        )


@dataclass(frozen=True)
class Splits:
    """The three splits of a protocol. `notes` are facts about them that a report should tell."""

    train: Examples
    valid: Examples
    test: Examples
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[str, Examples]]:
        yield from (("train", self.train), ("valid", self.valid), ("test", self.test))

    def members_hash(self) -> str:
        """SHA-256 over every `split/id` line, sorted: equal where the same examples play the same parts."""
        lines = sorted(f"{name}/{member}\n" for name, examples in self for member in examples.ids)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def content_hash(self) -> str | None:
        """SHA-256 over the inputs and targets of all splits; None where inputs are in files or were computed."""
        if any(
            not isinstance(examples.inputs, np.ndarray) or examples.behind for _, examples in self
        ):
            return None
        found = hashlib.sha256()
        for _, examples in self:
            for array in (examples.inputs, examples.targets):
                found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()

    def selected_on_test(self) -> Splits:
        """All but the test examples train, and the test examples stand in for validation, as many papers had it."""
        if self.valid.ids == self.test.ids:
            return self
        return replace(self, train=self.train + self.valid, valid=self.test)

    def check(self, labels: tuple[str, ...], protocol: str) -> None:
        """Raises UserError where a split lacks a label."""
        for name, examples in self:
            missing = [label for label, count in examples.counts(labels).items() if not count]
            if missing:
                raise UserError(
                    f"Too few examples for the split {protocol}: {name} has none of {', '.join(missing)}; "
                    "expected at least one of every label. Give more data or another split."
                )


def draw(
    truth: pd.Series, test: float, validation: float, seed: int, stratify_test: bool, protocol: str
) -> dict[str, pd.Index]:
    """Test rows out of all, then validation rows out of the rest, those in proportion to the labels in `truth`.

    Raises UserError where there are too few rows.
    """
    try:
        rest, held_out = train_test_split(
            truth.index,
            test_size=test,
            random_state=seed,
            stratify=truth if stratify_test else None,
        )
        train, valid = train_test_split(
            rest, test_size=validation, random_state=seed, stratify=truth[rest]
        )
    except ValueError as error:
        raise UserError(
            f"Too few rows for the split {protocol} ({len(truth)} found): {error}"
        ) from error
    return {"train": train, "valid": valid, "test": held_out}


def table_splits(
    features: pd.DataFrame,
    truth: pd.Series,
    names: pd.Series,
    members: dict[str, pd.Index],
    labels: Sequence[str],
) -> Splits:
    """Rows of a table as examples; `features`, `truth` and `names` have the same rows.

    The note counts the rows outside the training split whose features equal a training row's.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    parts = {
        split: Examples(
            tuple(names[rows]),
            truth[rows].map(numbers).to_numpy(np.int32),
            features.loc[rows].to_numpy(np.float32),
        )
        for split, rows in members.items()
    }
    held_out = features.loc[members["valid"].append(members["test"])]
    straddling = len(held_out.merge(features.loc[members["train"]].drop_duplicates()))
    return Splits(**parts, notes={"duplicates across splits": straddling})
