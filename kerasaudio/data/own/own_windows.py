"""How a recording of one's own is cut into windows, and which labels they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kerasaudio.data.own.heard import Heard
from kerasaudio.data.own.passages import Passage
from kerasaudio.data.sound.windows import Short, Window
from kerasaudio.errors import UserError

MOSTLY = 0.5  # share of a window that must be sound

Target = int | tuple[int, ...]


@dataclass(frozen=True)
class Cut:
    """The windows of one passage.

    Args:
        windows: Windows that train or score.
        silent: Number of windows that were left out since they are mostly silence or padding.
        unclear: Number of windows that were left out since they have no label, or several.
    """

    windows: tuple[Window, ...]
    silent: int
    unclear: int


@dataclass(frozen=True)
class Ruler:
    """Cuts passages into windows with targets.

    Args:
        labels: The labels, in the order of the model's outputs.
        target: Label of a yes-or-no question, or `None`.
        background: Label of what is none of the others, or `None`.
        several: Whether a window can have several labels.
    """

    labels: tuple[str, ...]
    target: str | None
    background: str | None
    several: bool

    def cut(
        self, passage: Passage, heard: Heard, rate: int, size: tuple[int, int], short: Short
    ) -> Cut:
        """Returns the windows of a passage.

        Windows that are mostly silent to the last bit are left out, but for the least silent one.

        Args:
            passage: The passage.
            heard: What is known of its file.
            rate: Sampling rate in Hz.
            size: Length of a window and distance between two, in samples.
            short: What follows a passage that is shorter than a window.

        Raises:
            UserError: If a label is unknown, or the passage has several and may not.
        """
        first = round(passage.start * rate)
        last = heard.samples if passage.end * rate >= heard.samples else round(passage.end * rate)
        parts = list(pieces(max(last - first, 1), *size))
        seconds = [((first + at) / rate, (first + at + n) / rate) for at, n in parts]
        if passage.events is None:
            kept = self._sounding(parts, seconds, heard, size[0], short)
            found = [self._of_passage(passage)] * len(parts)
        else:
            kept = set(range(len(parts)))
            found = [self._of_window(passage, *each) for each in seconds]
        windows = tuple(
            Window(passage.name, number, passage.path, target, first + at, n)
            for number, ((at, n), target) in enumerate(zip(parts, found, strict=True))
            if number in kept and target is not None
        )
        unclear = sum(found[number] is None for number in kept)
        return Cut(windows, len(parts) - len(kept), unclear)

    def _sounding(
        self,
        parts: list[tuple[int, int]],
        seconds: list[tuple[float, float]],
        heard: Heard,
        whole: int,
        short: Short,
    ) -> set[int]:
        if short == "pad" and parts[0][1] < MOSTLY * whole:
            return set()
        active = [heard.activity(*each) for each in seconds]
        enough = min(MOSTLY, max(active))
        return {number for number, share in enumerate(active) if share >= enough}

    def _of_passage(self, passage: Passage) -> Target | None:
        found = self._target(passage.labels)
        if found is None:
            several = len(passage.labels) > 1
            raise UserError(
                f"{passage.name} has {'the labels ' if several else 'no label '}"
                f"{', '.join(passage.labels)}: expected one; set data.answer=several or a "
                "data.background."
            )
        return found

    def _of_window(self, passage: Passage, start: float, end: float) -> Target | None:
        events = passage.events or ()
        return self._target({event.label for event in events if event.is_in(start, end)})

    def _target(self, found: Iterable[str]) -> Target | None:
        """The target of a window with some labels; `None` if it has none or several."""
        names = set(found)
        if self.target is not None:
            return int(self.target in names)
        names -= {self.background}
        if unknown := names - set(self.labels):
            raise UserError(
                f"data.path holds the label {min(unknown)!r}: "
                f"expected one of {', '.join(self.labels)}."
            )
        if self.several:
            return tuple(int(label in names) for label in self.labels)
        if not names and self.background:
            names = {self.background}
        return self.labels.index(names.pop()) if len(names) == 1 else None


def pieces(samples: int, window: int, hop: int) -> Iterable[tuple[int, int]]:
    """Yields the first sample and the length of each window of a recording.

    A recording that is shorter than a window is one window. What is left over at the end is in a
    last window that ends with the recording, if it is half a hop or more.

    Args:
        samples: Length of the recording.
        window: Length of a window.
        hop: Distance between two windows.
    """
    if samples < window:
        yield 0, samples
        return
    starts = range(0, samples - window + 1, hop)
    for start in starts:
        yield start, window
    if samples - window - starts[-1] >= max(1, hop // 2):
        yield samples - window, window
