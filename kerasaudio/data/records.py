"""TFRecord files read whole, every checksum checked; what is rotten is named and passed over.

TensorFlow's own reader ends a file at the first fault, or never comes past it. This one walks the framing itself:
8-byte length, masked CRC32C of the length, payload, masked CRC32C of the payload, all little-endian.

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import google_crc32c

from kerasaudio.errors import UserError

HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")
MASK = 0xA282EAD8
GZIP = b"\x1f\x8b"
NAMED = 5  # faults that a message names


@dataclass(frozen=True)
class Fault:
    """Something that was passed over: where it begins, how many bytes it takes with it, what is wrong."""

    path: Path
    offset: int
    lost: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path.name}, byte {self.offset}: {self.reason}"


class Record(NamedTuple):
    """One payload and where its frame begins."""

    path: Path
    offset: int
    payload: bytes

    def fault(self, reason: str) -> Fault:
        """This record as one that is passed over."""
        return Fault(self.path, self.offset, framed(len(self.payload)), reason)


def framed(length: int) -> int:
    """Bytes that a payload takes in a file."""
    return HEADER.size + length + FOOTER.size


def masked_crc(data: bytes) -> int:
    """The checksum that TFRecord files carry."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """A payload as it stands in a TFRecord file."""
    length = struct.pack("<Q", len(payload))
    return length + FOOTER.pack(masked_crc(length)) + payload + FOOTER.pack(masked_crc(payload))


def read_records(path: Path) -> tuple[list[Record], list[Fault]]:
    """Every whole record of a file in order, and every fault. Raises UserError for a file that cannot be read."""
    try:
        with path.open("rb", buffering=0) as file:
            data = file.readall()
    except OSError as error:
        raise UserError(f"{path} could not be read: {error.strerror}. Check the data set.") from error
    if not data:
        return [], [Fault(path, 0, 0, "the file is empty")]
    if data.startswith(GZIP) and not _header_holds(data, 0):
        return [], [Fault(path, 0, len(data), "the file is gzip-compressed; expected plain TFRecords: run gunzip")]
    return _walk(path, data)


def _walk(path: Path, data: bytes) -> tuple[list[Record], list[Fault]]:
    records, faults = [], []
    offset = 0
    while offset < len(data):
        payload, reason, following = _record_at(data, offset)
        if payload is not None:
            records.append(Record(path, offset, payload))
        else:
            faults.append(Fault(path, offset, following - offset, reason))
        offset = following
    return records, faults


def _record_at(data: bytes, offset: int) -> tuple[bytes | None, str, int]:
    """The payload at `offset`, or None and why; and where the next record begins, always further on."""
    start = offset + HEADER.size
    if start > len(data):
        return None, f"the file ends within a record's first {HEADER.size} bytes", len(data)
    length, length_crc = HEADER.unpack_from(data, offset)
    end = start + length
    following = end + FOOTER.size
    if _crc_of_length(data[offset : offset + 8]) != length_crc:  # the next header tells whether the length is credible
        credible = following == len(data) or _header_holds(data, following)
        return None, f"the length {length} fails its checksum", following if credible else len(data)
    if following > len(data):
        return None, f"a record of {length} bytes, but the file ends after {len(data) - start}", len(data)
    payload = data[start:end]
    if masked_crc(payload) != FOOTER.unpack_from(data, end)[0]:
        return None, f"the payload of {length} bytes fails its checksum", following
    return payload, "", following


def _header_holds(data: bytes, offset: int) -> bool:
    if offset + HEADER.size > len(data):
        return False
    return _crc_of_length(data[offset : offset + 8]) == HEADER.unpack_from(data, offset)[1]


@lru_cache(maxsize=4096)
def _crc_of_length(length: bytes) -> int:
    """The checksum of a header: thousands of records have one of a few lengths."""
    return masked_crc(length)


def check_share(faults: Sequence[Fault], size: int, tolerated: float, folder: Path) -> None:
    """Raises UserError where the faults take more than `tolerated`, a share, of the `size` bytes read."""
    lost = sum(fault.lost for fault in faults)
    if lost > tolerated * size:
        raise UserError(
            f"{folder}: {describe(faults)}. That is {lost / size:.3%} of the bytes, more than data.tolerated "
            f"({tolerated:.3%}): repair the files, or raise data.tolerated."
        )


def describe(faults: Sequence[Fault]) -> str:
    """The number of faults and the first few by name."""
    more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    return f"{len(faults)} rotten records ({'; '.join(map(str, faults[:NAMED]))}{more})"


def in_chunks(paths: Sequence[Path], size: int) -> Iterator[tuple[list[Record], list[Fault]]]:
    """The records of many files, `size` or more at a time but for the last ones, with the faults met on the way."""
    records: list[Record] = []
    faults: list[Fault] = []
    for path in paths:
        found, broken = read_records(path)
        records += found
        faults += broken
        if len(records) >= size:
            yield records, faults
            records, faults = [], []
    yield records, faults
