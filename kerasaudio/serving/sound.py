"""What an exported model of sound says about recordings of any length, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from kerasaudio.data.features.recordings import Recording
from kerasaudio.data.files import written
from kerasaudio.data.sound.read import read
from kerasaudio.errors import UserError
from kerasaudio.reports.drawing import plain
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.serving.saved_model import Infer, load
from kerasaudio.serving.sources import path_of

WINDOWS_AT_ONCE = 16  # more would take gigabytes of memory for models of long windows
AVERAGED_AT_ONCE = 64  # likewise, where the model averages windows itself


@dataclass(frozen=True)
class Timeline:
    """What a model says about one recording.

    Args:
        name: Name of the recording.
        windows: Probabilities of each window, of shape `(windows, labels)`.
        whole: Probabilities of the whole recording, of shape `(labels,)`.
        starts: Start of each window in seconds, of shape `(windows,)`.
        ends: End of each window in seconds, of shape `(windows,)`.
    """

    name: str
    windows: np.ndarray
    whole: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def edges(self) -> np.ndarray:
        """Returns the bounds in seconds of what each window speaks for, of shape `(windows + 1,)`.

        That is what is nearer to its middle than to the middle of any other window.
        """
        middles = (self.starts + self.ends) / 2
        between = (middles[1:] + middles[:-1]) / 2
        return np.round([self.starts[0], *between, self.ends[-1]], 3)


class Listener:
    """Asks an exported model of sound about recordings.

    Args:
        folder: Folder of the exported model.
        inputs: The inputs that it takes.
        hop: Seconds between the starts of two windows. `None` puts window after window.

    Raises:
        UserError: If the model is damaged, or if the hop is longer than a window.
    """

    def __init__(self, folder: Path, inputs: ModelInputs, hop: float | None = None) -> None:
        assert inputs.rate is not None and inputs.window is not None
        self.rate, self.window = inputs.rate, inputs.window
        self.hop = self.window if hop is None else max(round(hop * self.rate), 1)
        if self.hop > self.window:
            raise UserError(
                f"The hop is {hop:g} s and a window {self.window / self.rate:g} s: "
                "expected a hop of at most a window, or sound would be left out."
            )
        self.model = load(folder, signature="windows")
        self.average = load(folder) if inputs.averages_windows else None

    def hear(self, recording: Recording) -> Timeline:
        """Returns what the model says about a recording.

        Raises:
            UserError: If the recording cannot be read.
        """
        samples = read(recording.path, self.rate)
        starts = window_starts(len(samples), self.window, self.hop)
        each = window_probabilities(self.model, samples, starts, self.window)
        ends = np.minimum(starts + self.window, len(samples))
        whole = self._average(samples) if self.average else each.mean(axis=0)
        in_seconds = (np.round(places / self.rate, 3) for places in (starts, ends))
        return Timeline(recording.name, each, whole, *in_seconds)

    def _average(self, samples: np.ndarray) -> np.ndarray:
        """A model that cuts windows itself would leave out the end: it gets the last window too.

        Long recordings are heard in parts, or they would not fit into memory; their probabilities
        are the means of the parts', which for models that average those of windows is the same.
        """
        assert self.average is not None
        starts = window_starts(len(samples), self.window, self.window)
        parts = np.split(starts, range(AVERAGED_AT_ONCE, len(starts), AVERAGED_AT_ONCE))
        each = []
        for part in parts:
            windows = [samples[start : start + self.window] for start in part]
            each.append(self.average(np.concatenate(windows)[None])[0])
        return np.average(each, axis=0, weights=[len(part) for part in parts])


def window_starts(samples: int, window: int, hop: int) -> np.ndarray:
    """Returns where the windows of a recording start.

    The last window ends where the recording ends, so that all of it is heard.

    Args:
        samples: Samples in the recording.
        window: Samples in a window.
        hop: Samples between the starts of two windows.
    """
    last = max(samples - window, 0)
    return np.union1d(np.arange(0, last + 1, hop), [last])


def window_probabilities(
    model: Infer, samples: np.ndarray, starts: np.ndarray, window: int
) -> np.ndarray:
    """Returns the probabilities of each window of a recording.

    Args:
        model: Signature "windows" of an exported model.
        samples: The recording, of shape `(samples,)`. One that is shorter than a window is followed
            by silence.
        starts: First sample of each window.
        window: Samples in a window.

    Returns:
        Probabilities of shape `(windows, labels)`.
    """
    found = []
    for first in range(0, len(starts), WINDOWS_AT_ONCE):
        some = starts[first : first + WINDOWS_AT_ONCE]
        found.append(model(np.stack([samples[start : start + window] for start in some]))[:, 0])
    return np.concatenate(found)


def draw(timeline: Timeline, labels: Sequence[str], folder: Path) -> Path:
    """Draws a recording's probabilities over time and returns the path of the picture.

    Args:
        timeline: What the model says about the recording.
        labels: Labels in the order of the model's outputs; each gets a row.
        folder: Folder that gets the picture; it is made where it is missing.

    Raises:
        UserError: If the picture cannot be written.
    """
    path = path_of(folder, timeline.name, ".png")
    with written(path) as partial:
        _figure(timeline, labels).savefig(partial, dpi=120, format="png")
    return path


def _figure(timeline: Timeline, labels: Sequence[str]) -> Figure:
    figure = Figure(figsize=(9, 0.8 + 0.28 * len(labels)), layout="constrained")
    axes = figure.subplots()
    image = axes.pcolormesh(
        timeline.edges(),
        np.arange(len(labels) + 1) - 0.5,
        timeline.windows.T,
        cmap="Blues",
        vmin=0,
        vmax=1,
    )
    axes.invert_yaxis()
    axes.set_yticks(range(len(labels)), [plain(label) for label in labels])
    axes.set_xlabel("seconds")
    axes.set_title(plain(timeline.name), loc="left", fontsize=11)
    figure.colorbar(image, label="probability")
    return figure
