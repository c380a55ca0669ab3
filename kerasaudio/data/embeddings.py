"""AudioSet's own features: 128 bytes for each second, decoded once and kept in memory.

Source: https://research.google.com/audioset/download.html, "Features dataset".
Files: *.tfrecord, any number and size: context video_id and labels, feature list audio_embedding.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse
import tensorflow as tf

from kerasaudio.data.faults import check_bad_files
from kerasaudio.data.records import Record, RecordFault, describe, in_chunks
from kerasaudio.errors import UserError

FRAMES, BANDS, LABELS = 10, 128, 527
CHUNK = 4096  # records parsed at a time: enough to make the call's own cost small

# Records with more bytes (good ones have some 1,500) are not parsed with many others: all records
# that are parsed together get room for the frames of the longest one.
LONG = 16_384

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
        frames: uint8 of shape `(clips, 10, 128)`; frames beyond a clip's own are 0.
        lengths: Number of frames that each clip really has, from 1 to 10, of shape `(clips,)`.
        labels: bool of shape `(clips, 527)`.
        faults: Records that were left out.
    """

    ids: np.ndarray
    frames: np.ndarray
    lengths: np.ndarray
    labels: scipy.sparse.csr_array
    faults: tuple[RecordFault, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: np.ndarray) -> Clips:
        return Clips(
            self.ids[rows], self.frames[rows], self.lengths[rows], self.labels[rows], self.faults
        )


def read_folder(folder: Path, max_bad_files: float) -> Clips:
    """Returns all clips of a folder, in the order of the files' names.

    A folder that has not changed is decoded only once by a process.

    Args:
        folder: A folder with .tfrecord files.
        max_bad_files: Largest share of the files' bytes that are left out as bad records.

    Raises:
        UserError: If there are no files or records, or too many bad records.
    """
    files = _files(folder)
    if not files:
        raise UserError(
            f"{folder} has no *.tfrecord files: expected AudioSet's features (features.tar.gz of "
            "its download page); put them there, or leave --data out to run on a synthetic "
            "stand-in."
        )
    clips = _decode(folder, files)
    check_bad_files(
        sum(fault.lost for fault in clips.faults),
        sum(size for _, size, _ in files),
        max_bad_files,
        f"{folder}: {describe(clips.faults)}, in bytes",
    )
    if not len(clips):
        raise UserError(
            f"{folder} has {len(files)} files and not one good record: fetch the features again."
        )
    return clips


def _files(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of change of each file, sorted by name."""
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        found = [
            (entry.name, entry.stat())
            for entry in entries
            if ".tfrecord" in entry.name and entry.is_file()
        ]
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


@lru_cache(maxsize=3)
def _decode(folder: Path, files: tuple[tuple[str, int, int], ...]) -> Clips:
    def part(chunk: tuple[list[Record], list[RecordFault]]) -> Clips:
        clips = decode(chunk[0])
        return replace(clips, faults=(*chunk[1], *clips.faults))

    parsing: list[Future[Clips]] = []
    with ThreadPoolExecutor(1) as pool:  # TensorFlow parses a chunk while the next is read
        for chunk in in_chunks([f"{folder}/{name}" for name, _, _ in files], CHUNK):
            wait(parsing[:-1])  # so that a fast disk does not fill the memory with records
            parsing.append(pool.submit(part, chunk))
    return join([done.result() for done in parsing])


def join(parts: Sequence[Clips]) -> Clips:
    """Returns the clips of several parts, one part after another."""
    return Clips(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.frames for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        scipy.sparse.vstack([part.labels for part in parts], format="csr"),
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
    reasons = _reasons(parsed)
    good = np.ones(len(records), bool)
    good[list(reasons)] = False
    return Clips(
        np.array([name.decode(errors="replace") for name in parsed.ids[good]], object),
        _ten_frames(parsed.frames[good] if reasons else parsed.frames),
        parsed.lengths[good].astype(np.uint8),
        _multi_hot(parsed, good),
        tuple(records[number].fault(reason) for number, reason in sorted(reasons.items())),
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


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _parse(payloads: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """What `Parsed` holds."""
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


def _reasons(parsed: Parsed) -> dict[int, str]:
    """What is wrong with a clip, by its number; nothing for most."""
    odd_labels = parsed.label_clips[(parsed.labels < 0) | (parsed.labels >= LABELS)]
    reasons = {int(clip): f"a label number outside 0 to {LABELS - 1}" for clip in odd_labels}
    expected = np.where(np.arange(parsed.sizes.shape[1]) < parsed.lengths[:, None], BANDS, 0)
    odd_frames, _ = np.nonzero(parsed.sizes != expected)
    reasons |= {int(clip): f"a frame of other than {BANDS} bytes" for clip in odd_frames}
    for clip in np.flatnonzero((parsed.lengths < 1) | (parsed.lengths > FRAMES)):
        reasons[int(clip)] = (
            f"{parsed.lengths[clip]} frames under audio_embedding; expected 1 to {FRAMES}"
        )
    reasons |= {int(clip): "no video_id" for clip in np.flatnonzero(parsed.ids == b"")}
    return reasons


def _ten_frames(frames: np.ndarray) -> np.ndarray:
    """(clips, 10, 128) from (clips, up to 10, 128), filled up with frames of 0."""
    missing = FRAMES - frames.shape[1]
    return np.pad(frames, ((0, 0), (0, missing), (0, 0))) if missing else frames


def _multi_hot(parsed: Parsed, good: np.ndarray) -> scipy.sparse.csr_array:
    """(good clips, 527) bool."""
    inside = good[parsed.label_clips]
    rows, columns = (np.cumsum(good) - 1)[parsed.label_clips[inside]], parsed.labels[inside]
    hot = scipy.sparse.csr_array(
        (np.ones(len(rows), bool), (rows, columns)), shape=(int(good.sum()), LABELS)
    )
    hot.sum_duplicates()
    return hot
