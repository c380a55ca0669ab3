"""Headers of WAV files: where the samples lie, and how they are stored.

Source: Microsoft, "Multiple Channel Audio Data and WAVE Files" (RIFF and WAVE_FORMAT_EXTENSIBLE);
EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kerasaudio.data.stores.store import StoreError
from kerasaudio.errors import UserError

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags
GUID = bytes.fromhex("000000001000800000aa00389b71")  # what follows the tag in a subformat
TYPES = {(PCM, 2): "<i2", (PCM, 3): "<i4", (PCM, 4): "<i4", (FLOAT, 4): "<f4"}
ELSEWHERE = 0xFFFFFFFF  # a size that stands in RF64's ds64 chunk, or that nobody wrote
LOUDEST = 10  # largest sample, full scale being 1: beyond 20 dB it is another scale, or damage
LONGEST_HEAD = 65_536  # bytes before the samples; a file with more is left to libsndfile
CHUNK, FORM, DS64 = struct.Struct("<4sI"), struct.Struct("<HHIIHH"), struct.Struct("<QQ")


class Kind(NamedTuple):
    """How samples are stored.

    Args:
        tag: `PCM` or `FLOAT`.
        width: Bytes of a sample: 2, 3 or 4 for PCM, 4 for floats.
        channels: Number of channels.
    """

    tag: int
    width: int
    channels: int

    @property
    def frame(self) -> int:
        """Bytes of one sample of every channel."""
        return self.width * self.channels

    @property
    def type(self) -> np.dtype:
        """Type of a sample that was read; 24 bits are the upper ones of 32."""
        return np.dtype(TYPES[self.tag, self.width])


@dataclass(frozen=True)
class Wav:
    """What the header of a WAV file says.

    Args:
        head: Everything before the first sample.
        kind: How samples are stored.
        rate: Sampling rate in Hz.
        promised: Number of bytes of sound according to the header.
        size: Number of bytes that follow the header.
    """

    head: bytes
    kind: Kind
    rate: int
    promised: int
    size: int

    @property
    def frames(self) -> int:
        """Number of samples of a channel that are there."""
        return min(self.promised, self.size) // self.kind.frame


def parse(path: Path) -> Wav | None:
    """Returns what the header of a WAV file says: RIFF, RF64 or extensible.

    Args:
        path: Any file.

    Returns:
        `None` for a file that is missing, or no WAV of 16-, 24- or 32-bit integers or 32-bit
        floats.
    """
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(LONGEST_HEAD)
            return _parsed(head, file.seek(0, 2))
    except StoreError:
        raise
    except OSError:
        return None


def _parsed(head: bytes, length: int) -> Wav | None:
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        return None
    place, found = 12, dict[bytes, bytes]()
    while place + CHUNK.size <= len(head):
        name, size = CHUNK.unpack_from(head, place)
        place += CHUNK.size
        if name == b"data":
            if size == ELSEWHERE:
                long = found.get(b"ds64", b"")
                size = DS64.unpack_from(long)[1] if len(long) >= DS64.size else length
            return _plain(head[:place], found.get(b"fmt ", b""), size, length - place)
        found[name] = head[place : place + size]
        place += size + size % 2  # a chunk of odd size is followed by a byte that fills it up
    return None


def _plain(head: bytes, form: bytes, promised: int, size: int) -> Wav | None:
    if len(form) < FORM.size:
        return None
    tag, channels, rate, _, block, bits = FORM.unpack_from(form)
    if tag == EXTENSIBLE:
        if form[26:40] != GUID or form[18:20] != form[14:16]:
            return None
        tag = int.from_bytes(form[24:26], "little")
    kind = Kind(tag, bits // 8, channels)
    if bits % 8 or kind[:2] not in TYPES or not channels or block != kind.frame:
        return None
    return Wav(head, kind, rate, promised, size)


def read_numbers(path: Path, wav: Wav, start: int, numbers: np.ndarray) -> None:
    """Reads a window of a WAV file as it lies there; nothing else of the samples is read.

    Args:
        path: The file.
        wav: What its header said at first.
        start: First sample of the window.
        numbers: Array of `wav.kind.type` that is filled: every channel of one sample, then of the
            next.

    Raises:
        UserError: If the file has another header by now, is gone, or ends before the window.
    """
    first, size = start * wav.kind.frame, numbers.size * wav.kind.width
    bytes_ = np.zeros(1 + size, np.uint8) if wav.kind.width == 3 else numbers.view(np.uint8)
    try:
        with path.open("rb", buffering=0) as file:
            same = file.read(len(wav.head)) == wav.head
            file.seek(len(wav.head) + first)
            read = file.readinto(bytes_[-size:].data) if same else 0
    except OSError as error:
        raise UserError(f"{path} could not be read as sound: {error.strerror}.") from error
    if not same:
        raise UserError(
            f"{path} has changed since its header was read: "
            "leave the files of a data set as they are while they are in use."
        )
    if first + size > wav.promised or read < size:
        raise ends_early(path, start + size // wav.kind.frame)
    if wav.kind.tag == FLOAT and not np.abs(numbers).max(initial=0) <= LOUDEST:
        raise UserError(f"{path} holds samples beyond {LOUDEST}: it has changed since it was read.")
    if wav.kind.width == 3:
        # Every 32-bit number that ends with a sample's three bytes, without what comes before.
        np.bitwise_and(np.ndarray(numbers.shape, "<i4", bytes_, strides=(3,)), -256, out=numbers)


def ends_early(path: Path, end: int) -> UserError:
    """Returns the error for a file that ends before a window does.

    Args:
        path: The file.
        end: Sample that the window ends before.
    """
    wav = parse(path)
    if wav and wav.promised > wav.size:
        told = f"its header promises {wav.promised} bytes of sound and {wav.size} are there"
        return UserError(f"{path} ends before sample {end}: {told}. Copy the file again.")
    return UserError(f"{path} ends before sample {end}: expected the length that it had at first.")
