"""Reads a folder of AudioSet's features: natively where the files are good, else by walking them.

Files are read in groups of at least `GROUP` bytes. TensorFlow reads and parses them, several
thousand records at a time. A group in which anything is odd is read again by records.py, which
names what is bad and saves the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kerasaudio.data.faults import check_bad_files
from kerasaudio.data.parallel import THREADS
from kerasaudio.data.records.embeddings import (
    BANDS,
    FRAMES,
    LONG,
    NO_FRAMES,
    Clips,
    Parsed,
    clips_of,
    decode,
    join_facts,
    parse,
)
from kerasaudio.data.records.record_places import RecordFile, StoredRecords, find_files, find_places
from kerasaudio.data.records.records import describe, in_chunks
from kerasaudio.data.stores.stores import is_remote
from kerasaudio.errors import UserError

CHUNK = 4096  # records parsed at a time: enough to make the call's own cost small
GROUP = 16 << 20  # bytes
BUFFER = 1 << 18  # bytes that TensorFlow reads at once

# Bytes that are walked in the time by which reading natively takes longer to begin with each file,
# and to begin at all. Source: tools/benchmark_records.py.
FILE, BEGIN = 16 << 10, 48 << 20


def read_folder(
    folder: Path,
    max_bad_files: float,
    in_memory: bool = True,
    files: tuple[RecordFile, ...] | None = None,
) -> Clips:
    """Returns all clips of a folder, in the order of the files' names.

    A folder that has not changed is read only once by a process.

    Args:
        folder: A folder with .tfrecord files.
        max_bad_files: Largest share of the files' bytes that are left out as bad records.
        in_memory: Whether to keep the frames in memory, or where they are in the files.
        files: The folder's files, where they were looked for already.

    Raises:
        UserError: If there are no files or records, or too many bad records.
    """
    files = find_files(folder) if files is None else files
    if not files:
        raise UserError(
            f"{folder} has no *.tfrecord files: expected AudioSet's features (features.tar.gz of "
            "its download page); put them there, or leave --data out to run on a synthetic "
            "stand-in."
        )
    clips = _read(files, in_memory)
    check_bad_files(
        sum(fault.lost for fault in clips.faults),
        sum(file.size for file in files),
        max_bad_files,
        f"{folder}: {describe(clips.faults)}, in bytes",
    )
    if not len(clips):
        raise UserError(
            f"{folder} has {len(files)} files and not one good record: fetch the features again."
        )
    return clips


@lru_cache(maxsize=3)
def _read(files: tuple[RecordFile, ...], in_memory: bool) -> Clips:
    collected = _Collected(files, in_memory)
    # From a store, whole files are read many at a time; TensorFlow reads one after the other.
    if is_remote(files[0].path) or walking_is_faster(files):
        collected.walk(0, len(files))
        return collected.clips()
    groups, done = _groups(files), 0
    while done < len(groups):
        done += collected.add_good(groups[done:])
        if done < len(groups):
            collected.walk(groups[done].first, groups[done].end)
            done += 1
    return collected.clips()


def walking_is_faster(files: Sequence[RecordFile]) -> bool:
    """Returns whether walking the files takes less time than reading them natively.

    Args:
        files: The files.
    """
    return sum(file.size - FILE for file in files) < BEGIN


class _Group(NamedTuple):
    """Files that stand together, by their numbers."""

    first: int
    end: int


def _groups(files: Sequence[RecordFile]) -> list[_Group]:
    groups, first, size = [], 0, 0
    for end, file in enumerate(files, 1):
        size += file.size
        if size >= GROUP or end == len(files):
            groups.append(_Group(first, end))
            first, size = end, 0
    return groups


class _Collected:
    """The clips of the files that are read so far."""

    def __init__(self, files: tuple[RecordFile, ...], in_memory: bool) -> None:
        self.files = files
        self.in_memory = in_memory
        self.parts = [replace(decode([]), frames=NO_FRAMES)]
        self.count = 0
        # Memory that is never written to is not really taken. A clip of ten frames is longer than
        # its frames; only shorter clips can make more than these.
        most = sum(file.size for file in files) // (FRAMES * BANDS) if in_memory else 0
        self.frames = np.empty((most, FRAMES, BANDS), np.uint8)

    def add(self, clips: Clips) -> None:
        end = self.count + len(clips)
        if self.in_memory:
            if end > len(self.frames):
                more = np.empty((end - len(self.frames) // 2, FRAMES, BANDS), np.uint8)
                self.frames = np.concatenate([self.frames, more])
            self.frames[self.count : end] = clips.frames
        self.parts.append(replace(clips, frames=NO_FRAMES))
        self.count = end

    def add_good(self, groups: Sequence[_Group]) -> int:
        """Adds groups natively until one is odd; returns the number of groups that were added."""
        places: dict[int, np.ndarray] = {}
        batches = iter(_natively(self.files, groups, places))
        for done, group in enumerate(groups):
            parts, count = len(self.parts), self.count
            if not self._add_group(batches, group.first, places):
                del self.parts[parts:]
                self.count = count
                return done
        return len(groups)

    def _add_group(
        self, batches: Iterator[tuple[tf.Tensor, ...]], first: int, places: dict[int, np.ndarray]
    ) -> bool:
        """Adds all batches of a group; False as soon as anything is odd."""
        start, expected = 0, None
        while expected is None or start < len(expected):
            try:
                number, sizes, *arrays = next(batches)
            except (StopIteration, tf.errors.OpError):
                return False
            if int(number) != first:
                return False
            expected, parsed = places[first], Parsed(*map(np.asarray, arrays))
            here = expected[start : start + len(sizes)]
            if not np.array_equal(here["size"], np.asarray(sizes)) or parsed.reasons():
                return False
            self.add(clips_of(parsed, here))
            start += len(sizes)
        return True

    def walk(self, first: int, end: int) -> None:
        """Adds the records of some files that walking them finds, and what is wrong with them."""
        parsing: list[Future[Clips]] = []
        paths = [file.path for file in self.files[first:end]]
        with ThreadPoolExecutor(1) as pool:  # TensorFlow parses a chunk while the next is read
            for records, faults in in_chunks(paths, CHUNK, first):
                wait(parsing[:-1])  # so that a fast disk does not fill the memory with records
                while len(parsing) > 1:
                    self.add(parsing.pop(0).result())
                self.parts.append(replace(self.parts[0], faults=tuple(faults)))
                parsing.append(pool.submit(decode, records))
        for part in parsing:
            self.add(part.result())

    def clips(self) -> Clips:
        """Returns all of them."""
        clips = join_facts(self.parts)
        if self.in_memory:
            return replace(clips, frames=self.frames[: self.count])
        return replace(clips, frames=StoredRecords(self.files, clips.places))


def _natively(
    files: tuple[RecordFile, ...], groups: Sequence[_Group], places: dict[int, np.ndarray]
) -> tf.data.Dataset:
    """Batches of a group's first file, payload sizes and what `Parsed` holds.

    Ends at the first group with odd lengths. `places` gets where a group's records should be, by
    its first file.
    """

    def sound() -> Iterator[tuple[int, list[str]]]:
        for first, end in groups:
            found = []
            for number in range(first, end):
                if (inside := find_places(files[number], number)) is None:
                    return
                found.append(inside)
            places[first] = np.concatenate(found)
            yield first, [file.path for file in files[first:end]]

    def payloads(first: tf.Tensor, paths: tf.Tensor) -> tf.data.Dataset:
        records = tf.data.TFRecordDataset(paths, buffer_size=BUFFER)
        return records.batch(CHUNK).map(lambda batch: (first, batch))

    def parsed(first: tf.Tensor, batch: tf.Tensor) -> tuple[tf.Tensor, ...]:
        sizes = tf.strings.length(batch)
        # The batch is refused before it is parsed, where it takes no room.
        with tf.control_dependencies([tf.debugging.assert_less_equal(sizes, LONG)]):
            batch = tf.identity(batch)
        return first, sizes, *parse(batch)

    options = tf.data.Options()
    options.autotune.enabled = False
    signature = (tf.TensorSpec((), tf.int64), tf.TensorSpec((None,), tf.string))
    found = tf.data.Dataset.from_generator(sound, output_signature=signature)
    batches = found.prefetch(1).flat_map(payloads).map(parsed, num_parallel_calls=THREADS)
    return batches.prefetch(2).with_options(options)
