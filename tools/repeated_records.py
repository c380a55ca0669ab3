#!/usr/bin/env python3
"""Repeats AudioSet's balanced training set into a few larger files.

    python tools/repeated_records.py ROOT OUT [--times 20] [--files 16]

OUT becomes a data root: its part bal_train has the records of ROOT's so many times, in so many
files, and its part eval is that of ROOT.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

PART = "audioset/bal_train"


def repeat(root: Path, out: Path, times: int, files: int) -> Path:
    """Writes the repeated records and returns their folder.

    Args:
        root: The data root with the published files.
        out: The data root that is written.
        times: How often each record is in the new files.
        files: Number of new files.
    """
    whole = [path.read_bytes() for path in sorted((root / PART).glob("*.tfrecord"))] * times
    (out / PART).mkdir(parents=True)
    for number, members in enumerate(np.array_split(np.arange(len(whole)), files)):
        with (out / PART / f"{number:05d}.tfrecord").open("wb") as file:
            file.writelines(whole[member] for member in members)
    (out / "audioset/eval").symlink_to((root / "audioset/eval").resolve())
    return out / PART


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("root", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--times", type=int, default=20)
    options.add_argument("--files", type=int, default=16)
    print(repeat(**vars(options.parse_args())))
