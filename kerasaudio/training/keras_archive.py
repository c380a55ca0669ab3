"""Looks into a .keras file before Keras does: it may be damaged, or made to fill the memory."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXPANDED = 50  # times that a .keras file may grow when it is unpacked; Keras compresses nothing
SMALL = 1 << 20  # bytes that may be unpacked from any file
SIZES = frozenset(  # settings of layers, of which each takes at least as many bytes of weights
    ("units", "filters", "kernel_size", "input_dim", "output_dim", "key_dim", "num_heads")
)


def check_archive(path: Path) -> None:
    """Checks that a .keras file is whole, and that its layers are as large as its weights.

    Args:
        path: The file.

    Raises:
        ValueError: If it is not. `zipfile.BadZipFile` and others can be raised, too.
    """
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > EXPANDED * path.stat().st_size + SMALL:
            raise ValueError(f"{path.stat().st_size} bytes that grow to {unpacked}")
        if damaged := archive.testzip():
            raise ValueError(f"the checksum of {damaged} is wrong")
        weights = archive.getinfo("model.weights.h5").file_size
        largest = max(_sizes(json.loads(archive.read("config.json"))), default=0)
        if largest > weights:
            raise ValueError(f"a layer of size {largest}, and {weights} bytes of weights")


def _sizes(config: Any) -> Iterator[int]:
    if isinstance(config, dict):
        for name, value in config.items():
            if name in SIZES:
                yield from _numbers(value)
            else:
                yield from _sizes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _sizes(value)


def _numbers(value: Any) -> Iterator[int]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, int | float):
            yield int(each)
