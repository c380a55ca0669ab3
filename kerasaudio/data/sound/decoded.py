"""Files that have to be decoded from their beginning, decoded once and kept in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasaudio.data.memory import free_memory
from kerasaudio.data.sound.read import in_parts, read

SHARE = 4  # they take one part in four of the memory that was free at first


class Decoded:
    """Whole files, as long as there is memory for them; several threads may ask at once.

    Args:
        rate: Sampling rate in Hz that the sound is converted to.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.room = free_memory() // SHARE
        self.kept: dict[Path, np.ndarray | None] = {}

    def part(self, path: Path, start: int, samples: int) -> np.ndarray | None:
        """Returns a part of a file, `None` where it is better read from the file itself.

        Args:
            path: The file.
            start: First sample.
            samples: Number of samples.

        Raises:
            UserError: If the file cannot be read.
        """
        if path not in self.kept:
            self.kept[path] = self._decode(path)
        whole = self.kept[path]
        if whole is None or len(whole) < start + samples:
            return None
        return whole[start : start + samples]

    def _decode(self, path: Path) -> np.ndarray | None:
        if self.room <= 0 or in_parts(path, self.rate):
            return None
        whole = read(path, self.rate)
        self.room -= whole.nbytes
        return whole
