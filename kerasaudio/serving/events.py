"""Events in recordings: stretches in which a model gives a label a high probability.

They are written as a table, and for each recording as a label track of Audacity and as a selection
table of Raven, which people use to look at sound.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasaudio.data.files import write_text
from kerasaudio.data.tables.csv_text import safe_cell
from kerasaudio.serving.model_facts import ModelFacts
from kerasaudio.serving.sound import Timeline
from kerasaudio.serving.sources import path_of

TABLE = "events.csv"
COLUMNS = ("filename", "label", "start", "end", "probability")
AUDACITY, RAVEN = ".labels.txt", ".selections.txt"  # behind a recording's name
RAVEN_COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Label",
    "Probability",
)


class Event(NamedTuple):
    """A stretch of a recording in which a label is heard.

    Args:
        label: The label.
        start: Its start in seconds.
        end: Its end in seconds.
        probability: The highest probability of a window in it.
    """

    label: str
    start: float
    end: float
    probability: float


def thresholds_of(facts: ModelFacts, threshold: float | None) -> dict[str, float]:
    """Returns the labels that can be events, with the probability from which on they are.

    The background is no event.

    Args:
        facts: What is known about the model.
        threshold: One probability for all of them. `None` takes the model's own thresholds, where
            it has some, and otherwise one half.
    """
    found = facts.thresholds
    if threshold is not None or not found:
        found = dict.fromkeys(found or facts.labels, threshold or 0.5)
    return {label: value for label, value in found.items() if label != facts.background}


def find_events(
    timeline: Timeline, labels: Sequence[str], thresholds: Mapping[str, float]
) -> list[Event]:
    """Returns the events of a recording, by their start.

    Windows above a label's threshold that follow each other or overlap are one event. With a hop
    that is shorter than a window, each window speaks for its middle alone: see `Timeline.edges`.

    Args:
        timeline: What the model says about the recording.
        labels: Labels in the order of the model's outputs.
        thresholds: Probability from which on a label is heard.
    """
    found, edges = [], timeline.edges().tolist()
    for label, threshold in thresholds.items():
        probabilities = timeline.windows[:, list(labels).index(label)]
        heard = np.flatnonzero(probabilities >= threshold)
        apart = timeline.starts[heard[1:]] >= timeline.ends[heard[:-1]]
        breaks = 1 + np.flatnonzero(apart & (np.diff(heard) > 1))
        for windows in np.split(heard, breaks) if len(heard) else []:
            highest = float(probabilities[windows].max())
            found.append(Event(label, edges[windows[0]], edges[windows[-1] + 1], highest))
    return sorted(found, key=lambda event: (event.start, event.end))


def write_tracks(folder: Path, name: str, events: Sequence[Event], rate: int) -> None:
    """Writes a recording's events for Audacity and for Raven.

    Args:
        folder: Folder that gets the files.
        name: Name of the recording.
        events: Its events.
        rate: Sampling rate in Hz; events reach up to half of it.

    Raises:
        UserError: If a file cannot be written.
    """
    track = [(f"{each.start:.6f}", f"{each.end:.6f}", _plain(each.label)) for each in events]
    write_text(path_of(folder, name, AUDACITY), _lines(track, "\t"))
    selections = [
        (
            number,
            "Spectrogram 1",
            1,
            each.start,
            each.end,
            0,
            rate / 2,
            _plain(each.label),
            f"{each.probability:.4f}",
        )
        for number, each in enumerate(events, 1)
    ]
    write_text(path_of(folder, name, RAVEN), _lines([RAVEN_COLUMNS, *selections], "\t"))


def write_table(folder: Path, events: Mapping[str, Sequence[Event]]) -> Path:
    """Writes events.csv and returns its path.

    Args:
        folder: Folder that gets the file.
        events: Events by the name of their recording.

    Raises:
        UserError: If the file cannot be written.
    """
    rows = [
        (safe_cell(name), safe_cell(each.label), each.start, each.end, f"{each.probability:.4f}")
        for name, found in events.items()
        for each in found
    ]
    path = path_of(folder, TABLE, "")
    write_text(path, _lines([COLUMNS, *rows], ","))
    return path


def _lines(rows: Sequence[Sequence[Any]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _plain(label: str) -> str:
    """On one line, without tabs: they separate the columns."""
    return " ".join(label.split())
