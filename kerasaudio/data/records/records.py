"""Reads TFRecord files and checks every checksum; bad records are named and left out.

TensorFlow's own reader ends a file at the first fault, or never comes past it. This one walks the
framing itself: 8-byte length, masked CRC32C of the length, payload, masked CRC32C of the payload,
all little-endian.

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import google_crc32c

from kerasaudio.data.parallel import in_order
from kerasaudio.data.stores.stores import data_path, in_flight, is_remote
from kerasaudio.errors import UserError

HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")
MASK = 0xA282EAD8
GZIP = b"\x1f\x8b"
NAMED = 5  # faults that a message names


@dataclass(frozen=True)
class RecordFault:
    """A part of a file that is left out.

    Args:
        path: The file.
        offset: Its first byte.
        lost: Number of bytes that are left out.
        reason: What is wrong.
    """

    path: str
    offset: int
    lost: int
    reason: str

    def __str__(self) -> str:
        return f"{Path(self.path).name}, byte {self.offset}: {self.reason}"


class Record(NamedTuple):
    """One payload.

    Args:
        path: The file.
        offset: The first byte of the payload's frame.
        payload: The payload.
        file: Number of the file among those that are read together.
    """

    path: str
    offset: int
    payload: bytes
    file: int = 0

    def fault(self, reason: str) -> RecordFault:
        """Returns this record as one that is left out."""
        return RecordFault(self.path, self.offset, framed(len(self.payload)), reason)


def framed(length: int) -> int:
    """Returns the number of bytes that a payload of some length takes in a file."""
    return HEADER.size + length + FOOTER.size


def masked_crc(data: bytes) -> int:
    """Returns the checksum that TFRecord files carry."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """Returns a payload as it stands in a TFRecord file."""
    length = struct.pack("<Q", len(payload))
    return length + FOOTER.pack(masked_crc(length)) + payload + FOOTER.pack(masked_crc(payload))


def checked(data: bytes, start: int, end: int) -> bytes | None:
    """Returns a payload, or `None` if its checksum is another one or it is not whole.

    Args:
        data: Bytes with the payload and its checksum.
        start: Where the payload begins.
        end: Where its checksum ends.
    """
    payload = data[start : end - FOOTER.size]
    if end > len(data) or masked_crc(payload) != _checksum(data, end - FOOTER.size):
        return None
    return payload


def read_records(path: str, file: int = 0) -> tuple[list[Record], list[RecordFault]]:
    """Returns all good records of a file, in order, and all faults.

    Args:
        path: The file.
        file: Number of the file, which its records get.

    Raises:
        UserError: If the file cannot be read.
    """
    try:
        data = _content(path)
    except OSError as error:
        raise UserError(
            f"{path} could not be read: {error.strerror}. Check the data set."
        ) from error
    if not data:
        return [], [RecordFault(path, 0, 0, "the file is empty")]
    if data.startswith(GZIP) and _length(data[: HEADER.size]) < 0:
        return [], [
            RecordFault(
                path,
                0,
                len(data),
                "the file is gzip-compressed; expected plain TFRecords: run gunzip",
            )
        ]
    return _walk(path, data, file)


def _content(path: str) -> bytes:
    """The bytes of a file in few calls; Python's own take twice as long for small files."""
    if is_remote(path):
        return data_path(path).read_bytes()
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        rest = os.fstat(descriptor).st_size
        parts = []
        while rest and (part := os.read(descriptor, rest)):
            parts.append(part)
            rest -= len(part)
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _walk(path: str, data: bytes, file: int) -> tuple[list[Record], list[RecordFault]]:
    records, faults = [], []
    offset, size = 0, len(data)
    while offset < size:
        start = offset + HEADER.size
        length = _length(data[offset:start])
        end = start + length
        following = end + FOOTER.size
        if (
            0 <= length
            and following <= size
            and masked_crc(payload := data[start:end]) == _checksum(data, end)
        ):
            records.append(Record(path, offset, payload, file))
        else:
            reason, following = _what_is_wrong(data, offset)
            faults.append(RecordFault(path, offset, following - offset, reason))
        offset = following
    return records, faults


@lru_cache(maxsize=4096)
def _length(header: bytes) -> int:
    """The length in a header, which many have in common; -1 if it fails its checksum."""
    if len(header) < HEADER.size:
        return -1
    length, crc = HEADER.unpack(header)
    return length if masked_crc(header[: -FOOTER.size]) == crc else -1


def _checksum(data: bytes, offset: int) -> int:
    return FOOTER.unpack_from(data, offset)[0]


def _what_is_wrong(data: bytes, offset: int) -> tuple[str, int]:
    """Why there is no record at `offset`; and where the next one begins, always further on."""
    start, size = offset + HEADER.size, len(data)
    if start > size:
        return f"the file ends within a record's first {HEADER.size} bytes", size
    length, _ = HEADER.unpack_from(data, offset)
    following = offset + framed(length)
    if _length(data[offset:start]) < 0:  # the next header tells whether the length is credible
        credible = following == size or _length(data[following : following + HEADER.size]) >= 0
        return f"the length {length} fails its checksum", following if credible else size
    if following > size:
        return f"a record of {length} bytes, but the file ends after {size - start}", size
    return f"the payload of {length} bytes fails its checksum", following


def describe(faults: Sequence[RecordFault]) -> str:
    """Returns the number of faults, and the first few of them, as text."""
    more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    return f"{len(faults)} bad records ({'; '.join(map(str, faults[:NAMED]))}{more})"


def in_chunks(
    paths: Sequence[str], size: int, first: int = 0
) -> Iterator[tuple[list[Record], list[RecordFault]]]:
    """Yields the records of many files, with the faults between them.

    Args:
        paths: The files.
        size: Least number of records that come together; the last ones may be fewer.
        first: Number of the first file, which its records get.
    """
    records: list[Record] = []
    faults: list[RecordFault] = []
    for found, broken in _each(paths, first):
        records += found
        faults += broken
        if len(records) >= size:
            yield records, faults
            records, faults = [], []
    yield records, faults


def _each(paths: Sequence[str], first: int) -> Iterator[tuple[list[Record], list[RecordFault]]]:
    """What `read_records` returns for each file, in order; from a store, many are read at once."""
    numbered = zip(paths, count(first))
    return in_order(lambda each: read_records(*each), numbered, in_flight(paths))
