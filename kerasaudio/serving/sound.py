"""What an exported model of sound says about recordings of any length, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from kerasaudio.data.files import written
from kerasaudio.data.read import read
from kerasaudio.errors import UserError
from kerasaudio.reports.drawing import plain
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.serving.saved_model import Infer, load
from kerasaudio.serving.sources import Source

WINDOWS_AT_ONCE = 16  # more would take gigabytes of memory for models of long windows


@dataclass(frozen=True)
class Timeline:
    """What a model says about one recording.

    Args:
        name: Name of the recording.
        windows: Probabilities of each window, of shape `(windows, labels)`.
        whole: Probabilities of the whole recording, of shape `(labels,)`.
        seconds: Time between the starts of two windows.
    """

    name: str
    windows: np.ndarray
    whole: np.ndarray
    seconds: float

    def starts(self) -> np.ndarray:
        """Returns the start of each window in seconds, of shape `(windows,)`."""
        return np.round(np.arange(len(self.windows)) * self.seconds, 3)


def timelines(folder: Path, inputs: ModelInputs, sources: Sequence[Source]) -> Iterator[Timeline]:
    """Yields what a model says about each recording of the sources, in order.

    Args:
        folder: Folder of an exported model of sound.
        inputs: The inputs that it takes.
        sources: The recordings. What cannot be read in a folder is passed over, with a line on
            stderr.

    Raises:
        UserError: If the model is damaged, or if a source has nothing that can be read.
    """
    assert inputs.rate is not None and inputs.window is not None
    rate, window = inputs.rate, inputs.window
    model = load(folder, signature="windows")
    average = load(folder) if inputs.averages_windows else None
    for source in sources:
        for name, samples in source.read(lambda recording: read(recording.path, rate)):
            each = window_probabilities(model, samples, window)
            whole = average(samples[None])[0] if average else each.mean(axis=0)
            yield Timeline(name, each, whole, window / rate)


def window_probabilities(model: Infer, samples: np.ndarray, window: int) -> np.ndarray:
    """Returns the probabilities of each window of a recording.

    Args:
        model: Signature "windows" of an exported model.
        samples: The recording, of shape `(samples,)`. An end that fills no window is left out,
            unless it is all there is.
        window: Samples in a window.

    Returns:
        Probabilities of shape `(windows, labels)`.
    """
    count = max(len(samples) // window, 1)
    stretches = [
        samples[first * window : min(first + WINDOWS_AT_ONCE, count) * window]
        for first in range(0, count, WINDOWS_AT_ONCE)
    ]
    return np.concatenate([model(stretch[None])[0] for stretch in stretches])


def draw(timeline: Timeline, labels: Sequence[str], folder: Path) -> Path:
    """Draws a recording's probabilities over time and returns the path of the picture.

    Args:
        timeline: What the model says about the recording.
        labels: Labels in the order of the model's outputs; each gets a row.
        folder: Folder that gets the picture; it is made where it is missing.

    Raises:
        UserError: If the picture cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} could not be made: {error.strerror}. Choose another."
        ) from error
    path = folder / f"{timeline.name.replace('/', '-')}.png"
    with written(path) as partial:
        _figure(timeline, labels).savefig(partial, dpi=120, format="png")
    return path


def _figure(timeline: Timeline, labels: Sequence[str]) -> Figure:
    figure = Figure(figsize=(9, 0.8 + 0.28 * len(labels)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(
        timeline.windows.T,
        aspect="auto",
        cmap="Blues",
        vmin=0,
        vmax=1,
        extent=(0, timeline.seconds * len(timeline.windows), len(labels) - 0.5, -0.5),
    )
    axes.set_yticks(range(len(labels)), [plain(label) for label in labels])
    axes.set_xlabel("seconds")
    axes.set_title(plain(timeline.name), loc="left", fontsize=11)
    figure.colorbar(image, label="probability")
    return figure
