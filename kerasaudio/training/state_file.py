"""The file that training resumes from holds its history and a checksum beside Keras' weights."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from kerasaudio.training.history import Row, history_text, parsed_history

HISTORY, CHECKSUM = "history", "crc32"  # a data set and an attribute at the top of the file


def seal(path: Path, rows: Sequence[Row]) -> None:
    """Adds the history and a checksum of everything to a file of weights.

    Args:
        path: What Keras' `save_weights` wrote; `load_weights` passes over what is added.
        rows: The history.
    """
    with h5py.File(path, "r+") as file:
        file[HISTORY] = np.frombuffer(history_text(rows).encode(), np.uint8)
        file.attrs[CHECKSUM] = _checksum(file)


def sealed_history(path: Path) -> list[Row] | None:
    """Returns the history that `seal` added, or `None` for a file of an earlier version.

    Raises:
        ValueError: If the file is damaged. Others of `DAMAGED` can be raised, too.
    """
    with h5py.File(path) as file:
        if CHECKSUM not in file.attrs and HISTORY not in file:
            return None
        if file.attrs[CHECKSUM] != _checksum(file):
            raise ValueError("its checksum is another one")
        return parsed_history(bytes(file[HISTORY][:]).decode())


def _checksum(file: h5py.File) -> int:
    found = 0

    def add(name: str, item: h5py.Group | h5py.Dataset) -> None:
        nonlocal found
        if isinstance(item, h5py.Dataset):
            about = f"{name} {item.shape} {item.dtype}".encode()
            found = zlib.crc32(np.ascontiguousarray(item[()]).tobytes(), zlib.crc32(about, found))

    file.visititems(add)
    return found
