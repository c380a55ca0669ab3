"""AudioSet's own features: records with 128 bytes for each second, and how they are decoded.

Source: https://research.google.com/audioset/download.html, "Features dataset".
Files: *.tfrecord, any number and size: context video_id and labels, feature list audio_embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse
import tensorflow as tf

from kerasaudio.data.records.record_places import PLACE, StoredRecords
from kerasaudio.data.records.records import Record, RecordFault

FRAMES, BANDS, LABELS = 10, 128, 527
# Records with more bytes (good ones have some 1,500) are not parsed with many others: all records
# that are parsed together get room for the frames of the longest one.
LONG = 16_384

NO_FRAMES = np.zeros((0, FRAMES, BANDS), np.uint8)

CONTEXT = {
    "video_id": tf.io.FixedLenFeature([], tf.string, ""),
    "labels": tf.io.RaggedFeature(tf.int64),
}
SEQUENCE = {"audio_embedding": tf.io.FixedLenSequenceFeature([], tf.string, allow_missing=True)}


@dataclass(frozen=True)
class Clips:
    """Decoded clips.

    Args:
        ids: Text of shape `(clips,)`.
        frames: uint8 of shape `(clips, 10, 128)`, in memory or in the files; frames beyond a
            clip's own are 0.
        lengths: Number of frames that each clip really has, from 1 to 10, of shape `(clips,)`.
        labels: bool of shape `(clips, 527)`.
        places: Where each clip's record is, of shape `(clips,)` and type `PLACE`.
        faults: Records that were left out.
    """

    ids: np.ndarray
    frames: np.ndarray | StoredRecords
    lengths: np.ndarray
    labels: scipy.sparse.csr_array
    places: np.ndarray
    faults: tuple[RecordFault, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: np.ndarray) -> Clips:
        return Clips(
            self.ids[rows],
            self.frames[rows],
            self.lengths[rows],
            self.labels[rows],
            self.places[rows],
            self.faults,
        )


def join(parts: Sequence[Clips]) -> Clips:
    """Returns the clips of several parts in memory, one part after another."""
    frames = np.concatenate([part.frames for part in parts])
    return replace(join_facts(parts), frames=frames)


def join_facts(parts: Sequence[Clips]) -> Clips:
    """Returns the clips of several parts, one part after another, without any frames."""
    return Clips(
        np.concatenate([part.ids for part in parts]),
        NO_FRAMES,
        np.concatenate([part.lengths for part in parts]),
        scipy.sparse.vstack([part.labels for part in parts], format="csr"),
        np.concatenate([part.places for part in parts]),
        tuple(fault for part in parts for fault in part.faults),
    )


def decode(records: Sequence[Record]) -> Clips:
    """Returns the clips of some records; a record that is no clip of AudioSet becomes a fault."""
    payloads = [record.payload for record in records]
    half = len(records) // 2
    if half and max(map(len, payloads)) > LONG:
        return join([decode(records[:half]), decode(records[half:])])
    try:
        parsed = Parsed(*map(np.asarray, _parse(tf.constant(payloads, tf.string))))
    except tf.errors.InvalidArgumentError:
        # The parser refuses all records for a bad one: they are halved until that one is alone.
        if not half:
            fault = records[0].fault("it is no SequenceExample with AudioSet's types")
            return replace(decode([]), faults=(fault,))
        return join([decode(records[:half]), decode(records[half:])])
    reasons = parsed.reasons()
    places = [(record.file, record.offset, len(record.payload)) for record in records]
    clips = clips_of(parsed, np.array(places, PLACE), list(reasons))
    faults = (records[number].fault(reason) for number, reason in sorted(reasons.items()))
    return replace(clips, faults=tuple(faults))


def clips_of(parsed: Parsed, places: np.ndarray, bad: Sequence[int] = ()) -> Clips:
    """Returns parsed records as clips.

    Args:
        parsed: The records.
        places: Where each record is.
        bad: Numbers of the records that are left out.
    """
    good = np.ones(len(places), bool)
    good[list(bad)] = False
    rows: np.ndarray | slice = good if bad else slice(None)  # a slice copies nothing
    return Clips(
        _texts(parsed.ids[rows]),
        ten_frames(parsed.frames[rows]),
        parsed.lengths[rows].astype(np.uint8),
        _multi_hot(parsed, good),
        places[rows],
    )


class Parsed(NamedTuple):
    """Some records as arrays.

    Args:
        ids: bytes of shape `(clips,)`.
        labels: Label numbers of all clips, one clip after another.
        label_clips: The clip of each label.
        frames: uint8 of shape `(clips, up to 10, 128)`, filled up with 0 or cut.
        sizes: Bytes of each frame, 0 for a frame that is not there, of shape `(clips, up to 10)`.
        lengths: Number of frames of each clip, of shape `(clips,)`.
    """

    ids: np.ndarray
    labels: np.ndarray
    label_clips: np.ndarray
    frames: np.ndarray
    sizes: np.ndarray
    lengths: np.ndarray

    def reasons(self) -> dict[int, str]:
        """Returns what is wrong with a clip, by its number; nothing for most."""
        odd_labels = self.label_clips[(self.labels < 0) | (self.labels >= LABELS)]
        reasons = {int(clip): f"a label number outside 0 to {LABELS - 1}" for clip in odd_labels}
        there = np.arange(self.sizes.shape[1]) < self.lengths[:, None]
        expected = there * np.int32(BANDS)
        odd_frames, _ = np.nonzero(self.sizes != expected)
        reasons |= {int(clip): f"a frame of other than {BANDS} bytes" for clip in odd_frames}
        for clip in np.flatnonzero((self.lengths < 1) | (self.lengths > FRAMES)):
            reasons[int(clip)] = (
                f"{self.lengths[clip]} frames under audio_embedding; expected 1 to {FRAMES}"
            )
        reasons |= {int(clip): "no video_id" for clip in np.flatnonzero(self.ids == b"")}
        return reasons


def parse(payloads: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Returns what `Parsed` holds, for a graph.

    Args:
        payloads: Records of shape `(clips,)`.
    """
    context, sequence, lengths = tf.io.parse_sequence_example(payloads, CONTEXT, SEQUENCE)
    labels, frames = context["labels"], sequence["audio_embedding"][:, :FRAMES]
    decoded = tf.io.decode_raw(frames, tf.uint8, fixed_length=BANDS)
    sizes = tf.strings.length(frames)
    return (
        context["video_id"],
        labels.values,
        labels.value_rowids(),
        decoded,
        sizes,
        lengths["audio_embedding"],
    )


_parse = tf.function(parse, input_signature=[tf.TensorSpec([None], tf.string)])


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def frames(payloads: tf.Tensor) -> tf.Tensor:
    """Returns the frames of good records: uint8 of shape `(clips, up to 10, 128)`.

    Args:
        payloads: Records of shape `(clips,)`.
    """
    _, sequence, _ = tf.io.parse_sequence_example(payloads, None, SEQUENCE)
    return tf.io.decode_raw(sequence["audio_embedding"], tf.uint8, fixed_length=BANDS)


def ten_frames(frames: np.ndarray) -> np.ndarray:
    """Returns frames of shape `(clips, 10, 128)`: missing ones become frames of 0.

    Args:
        frames: Frames of shape `(clips, up to 10, 128)`.
    """
    missing = FRAMES - frames.shape[1]
    return np.pad(frames, ((0, 0), (0, missing), (0, 0))) if missing else frames


def _texts(ids: np.ndarray) -> np.ndarray:
    """Text from UTF-8; all ids at once, which takes a tenth of the time."""
    texts = b"\0".join(ids).decode(errors="replace").split("\0")
    if len(texts) != len(ids):  # an id has a zero byte, or there are none
        texts = [name.decode(errors="replace") for name in ids]
    return np.array(texts, object)


def _multi_hot(parsed: Parsed, good: np.ndarray) -> scipy.sparse.csr_array:
    """(good clips, 527) bool."""
    inside = good[parsed.label_clips]
    counts = np.bincount(parsed.label_clips[inside], minlength=len(good))[good]
    starts = np.concatenate([[0], np.cumsum(counts)])
    hot = scipy.sparse.csr_array(
        (np.ones(starts[-1], bool), parsed.labels[inside], starts), shape=(len(counts), LABELS)
    )
    hot.sum_duplicates()
    return hot
