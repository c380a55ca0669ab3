"""Inputs that stay in TFRecord files: a batch's records are read by number, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from kerasaudio.data.augment import Change, Copy
from kerasaudio.data.records.embeddings import BANDS, FRAMES, ten_frames
from kerasaudio.data.records.embeddings import frames as parsed_frames
from kerasaudio.data.records.record_places import StoredRecords
from kerasaudio.data.rows import Numbers

AT_ONCE = 4096  # least number of records that are read at once, and most if a batch has no more


@dataclass(frozen=True, eq=False)
class RecordInputs(Numbers):
    """Inputs of shape `(10, 128)` that are read from records when a batch needs them.

    Batches are the same, in the same order, as those of the same inputs in memory.

    Args:
        records: The record of each example.
        partners: The record that is mixed into each example; the example's own if there is none.
        made: 1 + number of the change in `changes` that makes the example out of its record and
            its partner, 0 for the record itself; uint8 of shape `(examples,)`.
        changes: The changes of all augmented examples.
        dtype: The type of the inputs' numbers.
    """

    records: StoredRecords
    partners: StoredRecords
    made: np.ndarray
    changes: tuple[Change, ...] = ()
    dtype: np.dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, rows: np.ndarray) -> RecordInputs:
        records = self.records[rows]
        partners = self.partners[rows] if self.changes else records
        return replace(self, records=records, partners=partners, made=self.made[rows])

    def __add__(self, other: RecordInputs) -> RecordInputs:
        moved = np.where(other.made, other.made + len(self.changes), 0).astype(np.uint8)
        return RecordInputs(
            self.records + other.records,
            self.partners + other.partners,
            np.concatenate([self.made, moved]),
            self.changes + other.changes,
            np.result_type(self.dtype, other.dtype),
        )

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Returns some inputs, of shape `(rows, 10, 128)`.

        Args:
            rows: Numbers of the examples, in any order.

        Raises:
            UserError: If a file cannot be read, or is not what it was.
        """
        frames = _frames(self.records, rows).astype(self.dtype, copy=bool(self.changes))
        made = self.made[rows]
        for number, change in enumerate(self.changes, 1):
            which = np.flatnonzero(made == number)
            if len(which):
                partners = _frames(self.partners, rows[which])
                frames[which] = change(frames[which].astype(np.uint8), partners)
        return frames

    def arrays(self) -> Iterator[np.ndarray]:
        """Yields all inputs in order, some thousand at a time."""
        for start in range(0, len(self), AT_ONCE):
            yield self.read(np.arange(start, min(start + AT_ONCE, len(self))))

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        if numbers is None:
            found = self.batches(tf.data.Dataset.range(len(self)), targets, batch_size)
            steps = -(-len(self) // batch_size)  # Keras warns where it is not known
            return found.apply(tf.data.experimental.assert_cardinality(steps))
        many = numbers.batch(-(-AT_ONCE // batch_size) * batch_size)
        kinds = (tf.as_dtype(self.dtype), tf.as_dtype(targets.dtype))

        def read(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            # Targets are looked up here because a constant in the graph would be a copy of them.
            inputs, truth = tf.numpy_function(
                lambda chosen: (self.read(chosen), targets[chosen]), (rows,), kinds, stateful=False
            )
            return (
                tf.ensure_shape(inputs, (None, FRAMES, BANDS)),
                tf.ensure_shape(truth, (None, *targets.shape[1:])),
            )

        return many.map(read).prefetch(1).rebatch(batch_size)


def record_inputs(
    records: StoredRecords, positive: np.ndarray, copies: Mapping[str, Copy]
) -> RecordInputs:
    """Returns the inputs of some records, and behind them those of augmented copies.

    Args:
        records: The records.
        positive: Numbers of the records that are copied.
        copies: How the copies are made, by name; may be empty.
    """
    chosen, none = records[positive], np.zeros(len(records), np.uint8)
    found = RecordInputs(records, records, none)
    for copy in copies.values():
        made, kind = np.ones(len(chosen), np.uint8), np.result_type(np.uint8, copy.change.dtype)
        found += RecordInputs(chosen, chosen[copy.partners], made, (copy.change,), kind)
    return found


def _frames(records: StoredRecords, rows: np.ndarray) -> np.ndarray:
    """uint8 of shape `(rows, 10, 128)`, which may not be written to."""
    payloads = records.payloads(rows)
    return ten_frames(np.asarray(parsed_frames(tf.constant(payloads, tf.string))))
