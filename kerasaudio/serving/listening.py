"""Predictions for many recordings, safe to interrupt: what is done is kept in a journal."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasaudio.data.features.journal import Journal
from kerasaudio.data.features.recordings import Recording
from kerasaudio.errors import UserError
from kerasaudio.serving import events
from kerasaudio.serving.events import Event
from kerasaudio.serving.model_facts import ModelFacts
from kerasaudio.serving.sound import Listener, draw
from kerasaudio.serving.sources import Source, path_of


@dataclass(frozen=True)
class PredictSettings:
    """What is asked about recordings, and about clips of embeddings.

    Args:
        windows: Whether there is a row for each window, for models of sound.
        hop: Seconds between the starts of two windows, for models of sound. `None` puts window
            after window.
        timeline: Folder that gets a picture of each recording's probabilities over time, for models
            of sound.
        events: Folder that gets the events of recordings, for models of sound.
        threshold: Probability from which on a label is an event. `None` takes the model's own
            thresholds, or one half.
        top: Number of classes to list for a clip, for models of embeddings. `None` lists 5 where
            there are more than 20 labels, and otherwise gives each label's probability.

    Raises:
        UserError: If a value is out of range.
    """

    windows: bool = False
    hop: float | None = None
    timeline: Path | None = None
    events: Path | None = None
    threshold: float | None = None
    top: int | None = None

    def __post_init__(self) -> None:
        if self.hop is not None and not self.hop > 0:
            raise UserError(f"The hop is {self.hop:g} s: expected more than 0.")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise UserError(f"The threshold is {self.threshold:g}: expected one between 0 and 1.")
        if self.threshold is not None and self.events is None:
            raise UserError("A threshold is for events: give a folder for them, too.")

    @property
    def over_time(self) -> bool:
        """Whether anything is asked that only models of sound can answer."""
        return bool(self.windows or self.hop or self.timeline or self.events)


@dataclass(frozen=True)
class Heard:
    """What is kept of a recording.

    Args:
        probabilities: A row for the recording, or for each of its windows.
        starts: Start of each window in seconds; empty where the row is for the whole recording.
        events: The events.
    """

    probabilities: list[list[float]]
    starts: list[float] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


Hear = Callable[[Recording], Heard]


def listener(folder: Path, facts: ModelFacts, settings: PredictSettings) -> Hear:
    """Returns a function that asks a model of sound about a recording, and writes its files.

    Args:
        folder: Folder of the exported model.
        facts: What is known about the model.
        settings: What is asked.

    Raises:
        UserError: If the model is damaged, or if the hop is longer than a window.
    """
    ears = Listener(folder, facts.inputs, settings.hop)
    thresholds = events.thresholds_of(facts, settings.threshold)

    def hear(recording: Recording) -> Heard:
        timeline = ears.hear(recording)
        found = events.find_events(timeline, facts.labels, thresholds)
        if settings.timeline:
            picture = draw(timeline, facts.labels, settings.timeline)
            print(f"timeline  {picture}", file=sys.stderr)
        if settings.events:
            events.write_tracks(settings.events, timeline.name, found, ears.rate)
        if settings.windows:
            return Heard(timeline.windows.tolist(), timeline.starts.tolist(), found)
        return Heard([timeline.whole.tolist()], events=found)

    return hear


def hear_all(
    hear: Hear, sources: Sequence[Source], journal: Journal | None
) -> Iterator[tuple[str, Heard]]:
    """Yields what is heard in each recording, with its name, in order.

    Args:
        hear: Function that asks about a recording.
        sources: The recordings. What cannot be read in a folder is passed over, with a line on
            stderr.
        journal: What is known already, which gets what is found out.

    Raises:
        UserError: If a source has nothing that can be read.
    """

    def known_or_new(recording: Recording) -> Heard:
        if journal is not None and recording in journal:
            known = journal[recording]
            return Heard(**known | {"events": [Event(*each) for each in known["events"]]})
        found = hear(recording)
        if journal is not None:
            journal.add(recording, asdict(found))
        return found

    for source in sources:
        yield from source.read(known_or_new)


@contextlib.contextmanager
def kept_journal(
    folder: Path, settings: PredictSettings, out: Path | None
) -> Iterator[Journal | None]:
    """Yields a journal beside a table, or in the folder of events; `None` without either.

    It is removed at the end. After a failure it stays if anything is in it.

    Args:
        folder: Folder of the exported model.
        settings: What is asked.
        out: File that gets the table.

    Raises:
        UserError: If it was begun for another model or with other settings, or cannot be written.
    """
    if out:
        path = out.with_name(f"{out.name}.journal")
    elif settings.events:
        path = path_of(settings.events, "events", ".journal")
    else:
        yield None
        return
    title = {name: value and str(value) for name, value in asdict(settings).items()}
    journal = Journal.open(path, {"model": _identity(folder), **title})
    if journal.values:
        print(f"go on     {len(journal.values)} files were done before", file=sys.stderr)
    try:
        yield journal
    except UserError:
        if not journal.values:
            journal.remove()
        raise
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("stopped; the same command goes on where this was.") from stop
    journal.remove()


def _identity(folder: Path) -> str:
    """A hash of the model's graph and weights."""
    found = hashlib.sha256()
    for path in sorted([folder / "saved_model.pb", *folder.glob("variables/*")]):
        found.update(path.read_bytes())
    return found.hexdigest()


def as_arrays(heard: Sequence[tuple[str, Heard]]) -> tuple[list[str], np.ndarray, list[float]]:
    """Returns the name, the probabilities and, of windows, the start of each row."""
    names = [name for name, each in heard for _ in each.probabilities]
    rows: list[Any] = [row for _, each in heard for row in each.probabilities]
    starts = [start for _, each in heard for start in each.starts]
    return names, np.array(rows, np.float32), starts
