"""Scores of recordings of any length from an exported model of sound: window by window, averaged, drawn over time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasaudio import export
from kerasaudio.data import recordings
from kerasaudio.data.read import read
from kerasaudio.errors import UserError

AT_ONCE = 16  # windows


@dataclass(frozen=True)
class Heard:
    """What the model said of one recording."""

    name: str
    windows: np.ndarray  # (windows, labels) scores
    whole: np.ndarray  # (labels,) scores
    seconds: float  # between the starts of two windows

    def rows(self, each_window: bool) -> pd.DataFrame:
        """A row for the whole recording, or one a window; the columns are start in seconds and the labels' numbers."""
        if each_window:
            return pd.DataFrame(self.windows).assign(filename=self.name, start=self._starts())
        return pd.DataFrame(self.whole[None]).assign(filename=self.name)

    def _starts(self) -> np.ndarray:
        return np.round(np.arange(len(self.windows)) * self.seconds, 3)


def listen(folder: Path, facts: dict[str, Any], source: Path) -> Iterator[Heard]:
    """Every recording of a file or a folder, in order; in a folder, what cannot be read is passed over and named.

    Raises UserError where nothing can be read.
    """
    model = export.load(folder, signature="windows")
    rate, window = facts["inputs"]["rate"], facts["inputs"]["window"]
    average = export.load(folder) if facts["inputs"].get("averages_windows") else None
    found = (
        recordings.find(source)
        if source.is_dir()
        else [recordings.Recording(source, source.name, "")]
    )
    heard = 0
    for recording in found:
        try:
            samples = read(recording.path, rate)
        except UserError as reason:
            if not source.is_dir():
                raise
            print(f"passed over: {reason}", file=sys.stderr)
            continue
        heard += 1
        each = window_scores(model, samples, window)
        yield Heard(
            recording.name,
            each,
            average(samples[None])[0] if average else each.mean(axis=0),
            window / rate,
        )
    if not heard:
        raise UserError(f"No file of {source} could be read.")


def window_scores(model: Any, samples: np.ndarray, window: int) -> np.ndarray:
    """(windows, labels) of (samples,); an end that fills no window is left out, unless it is all there is."""
    count = max(len(samples) // window, 1)
    stretches = [
        samples[first * window : min(first + AT_ONCE, count) * window]
        for first in range(0, count, AT_ONCE)
    ]
    return np.concatenate([model(stretch[None])[0] for stretch in stretches])


def draw(heard: Heard, labels: list[str], folder: Path) -> Path:
    """FOLDER/NAME.png: time to the right, a row a label, the darker the likelier."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.8 + 0.28 * len(labels)), layout="constrained")
    axes = figure.subplots()
    end = heard.seconds * len(heard.windows)
    image = axes.imshow(
        heard.windows.T,
        aspect="auto",
        cmap="Blues",
        vmin=0,
        vmax=1,
        extent=(0, end, len(labels) - 0.5, -0.5),
    )
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("seconds")
    axes.set_title(heard.name, loc="left", fontsize=11)
    figure.colorbar(image, label="probability")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{heard.name.replace('/', '-')}.png"
    partial = path.with_name(f"partial-{path.name}")
    figure.savefig(partial, dpi=120)
    os.replace(partial, path)
    return path
