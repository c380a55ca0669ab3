"""A picture of what a gate did: the waveform, its probability, and when it was open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from kerasaudio.data.files import written
from kerasaudio.reports.drawing import INK, MUTED, PALE, VALID, plain, tidy

MOST = 2000  # columns that are kept, an even number


class Strip:
    """The lowest and highest sample, probability and gain of each column of a picture.

    It needs the same memory for any length: where there are too many columns, two become one.
    """

    def __init__(self) -> None:
        self.width = 1  # samples in a column
        self.columns: list[np.ndarray] = []
        self.last, self.missing = np.zeros((0, 4)), 1  # the column that is not full yet

    def add(self, sound: np.ndarray, answers: np.ndarray) -> None:
        """Adds samples, `(samples, channels)`, and their gains and probabilities, `(..., 2)`."""
        heard = sound.mean(axis=1)
        rows = np.column_stack([heard, heard, answers[:, 1], answers[:, 0]])
        while len(rows):
            taken, rows = rows[: self.missing], rows[self.missing :]
            self.missing -= len(taken)
            self.last = _column(np.concatenate([self.last, taken]))
            if not self.missing:
                self.columns.append(self.last[0])
                self._halve()
                self.last, self.missing = np.zeros((0, 4)), self.width

    def _halve(self) -> None:
        if len(self.columns) == MOST:
            pairs = np.array(self.columns).reshape(-1, 2, 4)
            self.columns = [_column(pair)[0] for pair in pairs]
            self.width *= 2

    def draw(self, rate: int, path: Path, title: str) -> None:
        """Writes the picture as a PNG file.

        Args:
            rate: Sampling rate in Hz.
            path: The file.
            title: What stands above.
        """
        figure = Figure(figsize=(10, 4), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        columns = np.concatenate([np.reshape(self.columns, (-1, 4)), self.last])
        times = np.arange(len(columns)) * self.width / rate
        low, high, probability, gain = columns.T
        above.fill_between(times, low, high, color=INK, linewidth=0.3)
        above.set_title(plain(title), loc="left", fontsize=11, color=INK)
        below.plot(times, probability, color=VALID, linewidth=0.8)
        below.set(ylim=(0, 1), xlabel="seconds", ylabel="probability")
        for axes in (above, below):
            edge = axes.get_ylim()
            axes.fill_between(times, *edge, where=gain >= 0.5, color=PALE, zorder=0, step="post")
            axes.set_ylim(edge)
            tidy(axes)
        above.set_ylabel("open where shaded", color=MUTED)
        with written(path) as partial:
            figure.savefig(partial, dpi=120, format="png")


def _column(rows: np.ndarray) -> np.ndarray:
    """(rows, 4) -> (1, 4) the lowest sample and the highest of everything else."""
    return np.r_[rows[:, 0].min(), rows[:, 1:].max(axis=0)][None]
