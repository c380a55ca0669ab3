"""A member of a stack after its last epoch, and the file that keeps it."""

from __future__ import annotations

import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasaudio.data.files import written
from kerasaudio.errors import DAMAGED


@dataclass(frozen=True)
class Trained:
    """A member after its last epoch.

    Args:
        history: One row for each epoch: its number from 1, and the metrics.
        weights: Kernel, bias, kernel, ...
    """

    history: list[dict[str, float]]
    weights: list[np.ndarray]

    def write(self, path: Path, trial: str) -> None:
        """Writes the history and the weights to a file.

        Args:
            path: The file.
            trial: Number of the trial that this is.

        Raises:
            UserError: If the file cannot be written.
        """
        rows = [list(row.values()) for row in self.history]
        with written(path) as partial, partial.open("wb") as file:
            np.savez(file, *self.weights, trial=trial, names=list(self.history[0]), rows=rows)

    @classmethod
    def read(cls, path: Path, trial: str) -> Trained | None:
        """Returns what `write` wrote, or `None` if there is no file or it is of another trial.

        A damaged file counts as none, and a line on stderr says so.

        Args:
            path: The file.
            trial: Number of the wanted trial.
        """
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                if str(file["trial"]) != trial:
                    return None
                names, rows = file["names"].tolist(), file["rows"].tolist()
                weights = [file[f"arr_{number}"] for number in range(len(file.files) - 3)]
            history = [dict(zip(names, row, strict=True)) for row in rows]
            return cls([row | {"epoch": int(row["epoch"])} for row in history], weights)
        except (*DAMAGED, zipfile.BadZipFile, zlib.error) as error:
            print(f"{path} is damaged ({error}): trial {trial} trains again", file=sys.stderr)
            return None
