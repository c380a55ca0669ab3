"""Predictions for many recordings, safe to interrupt: what is done is kept in a journal."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from kerasaudio.cluster.executor import Machines
from kerasaudio.data.features.journal import Journal
from kerasaudio.data.features.recordings import Recording
from kerasaudio.data.files import check_sizes, sizes
from kerasaudio.data.parallel import elsewhere, one_by_one, operation_threads
from kerasaudio.data.progress import Progress
from kerasaudio.errors import UserError
from kerasaudio.serving import events
from kerasaudio.serving.events import Event
from kerasaudio.serving.model_facts import ModelFacts, ModelInputs
from kerasaudio.serving.saved_model import model_hash
from kerasaudio.serving.sound import Listener, Timeline, draw
from kerasaudio.serving.sources import Source
from kerasaudio.training.backend import import_keras


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
        if self.hop is not None and not 0 < self.hop < math.inf:
            raise UserError(f"The hop is {self.hop:g} s: expected more than 0, up to a window.")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise UserError(f"The threshold is {self.threshold:g}: expected one between 0 and 1.")
        if self.threshold is not None and self.events is None:
            raise UserError("A threshold is for events: name a folder for them, too (--events).")

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


@dataclass(frozen=True)
class Question:
    """What is asked about recordings.

    Args:
        folder: Folder of the exported model.
        ask: Function that asks about a recording, perhaps in another process.
        keep: Function that makes of its answer what is kept, and writes files about it here. It
            also gets a function that prints a line.
    """

    folder: Path
    ask: Callable[[Recording], Any]
    keep: Callable[[Any, Callable[[str], None]], Heard]


def about_sound(folder: Path, facts: ModelFacts, settings: PredictSettings) -> Question:
    """Returns what a model of sound is asked about recordings.

    Args:
        folder: Folder of the exported model.
        facts: What is known about the model.
        settings: What is asked.

    Raises:
        UserError: If the model is damaged, or if the hop is longer than a window.
    """
    ears = _listener(folder, facts.inputs, settings.hop)
    thresholds = events.thresholds_of(facts, settings.threshold)

    def keep(timeline: Timeline, say: Callable[[str], None]) -> Heard:
        found = events.find_events(timeline, facts.labels, thresholds)
        if settings.timeline:
            say(f"timeline  {draw(timeline, facts.labels, settings.timeline)}")
        if settings.events:
            events.write_tracks(settings.events, timeline.name, found, ears.rate)
        if settings.windows:
            return Heard(timeline.windows.tolist(), timeline.starts.tolist(), found)
        return Heard([timeline.whole.tolist()], events=found)

    return Question(folder, partial(_hear, folder, facts.inputs, settings.hop), keep)


def _hear(folder: Path, inputs: ModelInputs, hop: float | None, recording: Recording) -> Timeline:
    return _listener(folder, inputs, hop).hear(recording)


@lru_cache(maxsize=1)
def _listener(folder: Path, inputs: ModelInputs, hop: float | None) -> Listener:
    return Listener(folder, inputs, hop)


def hear_all(
    question: Question,
    sources: Sequence[Source],
    journal: Journal | None,
    machines: Machines,
) -> list[list[tuple[str, Heard]]]:
    """Returns for each source what is heard in its recordings, with their names, in order.

    Args:
        question: What is asked.
        sources: The recordings. What cannot be read in a folder is passed over, with a line on
            stderr.
        journal: What is known already, which gets what is found out.
        machines: The processes or machines that ask; without any, this process.

    Raises:
        UserError: If a source has nothing that can be read, or `machines` cannot be used.
    """
    every = dict.fromkeys(each for source in sources for each in source.recordings)
    heard = {each: _known(journal[each]) for each in every if journal and each in journal}
    alone = {each for source in sources if not source.path.is_dir() for each in source.recordings}
    missing = [each for each in every if each not in heard]
    with Progress("predict", len(missing), "recordings", file=sys.stderr) as progress:
        for recording, answer in _answers(question, missing, machines):
            if isinstance(answer, UserError) and recording in alone:
                raise answer
            if isinstance(answer, UserError):
                progress.say(f"passed over: {answer}")
            else:
                heard[recording] = question.keep(answer, progress.say)
                if journal is not None:
                    journal.add(recording, asdict(heard[recording]))
            progress.advance()
    return [_of_source(source, heard) for source in sources]


def _known(value: dict[str, Any]) -> Heard:
    return Heard(**value | {"events": [Event(*each) for each in value["events"]]})


def _answer_or_reason(ask: Callable[[Recording], Any], recording: Recording) -> Any:
    try:
        return ask(recording)
    except UserError as reason:
        return reason


def _of_source(source: Source, heard: Mapping[Recording, Heard]) -> list[tuple[str, Heard]]:
    found = [(each.name, heard[each]) for each in source.recordings if each in heard]
    if not found:
        raise UserError(f"No file of {source.path} could be read: expected at least one.")
    return found


def _answers(
    question: Question, missing: Sequence[Recording], machines: Machines
) -> Iterator[tuple[Recording, Any]]:
    """Recordings with the answers, or the reasons why there are none, in the order of their end."""
    ask = partial(_answer_or_reason, question.ask)
    if not machines or not missing:
        return one_by_one(ask, missing)
    files = sizes([recording.path for recording in missing])
    check = partial(_check, question.folder, model_hash(question.folder), files)
    return elsewhere(machines, check, ask, missing, operation_threads(), gpus=True)


def _check(folder: Path, model: str, files: Mapping[Path, int | None]) -> None:
    """Raises UserError where another process has not the same model and recordings."""
    import_keras()
    check_sizes(files)
    if model_hash(folder) != model:
        raise UserError(f"{folder} holds another model there than on the first machine, or none.")


def as_arrays(heard: Sequence[tuple[str, Heard]]) -> tuple[list[str], np.ndarray, list[float]]:
    """Returns the name, the probabilities and, of windows, the start of each row."""
    names = [name for name, each in heard for _ in each.probabilities]
    rows: list[Any] = [row for _, each in heard for row in each.probabilities]
    starts = [start for _, each in heard for start in each.starts]
    return names, np.array(rows, np.float32), starts
