"""How far a command over many files has come: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
import weakref
from typing import TextIO, TypeVar

from rich.console import Console
from rich.errors import LiveError
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

EVERY = 10  # seconds between two lines of a log
REFRESH = 0.2  # seconds between two states of a bar

Self = TypeVar("Self", bound="Progress")


def duration(seconds: float) -> str:
    """Returns seconds as a person reads them: 0.4 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


class Progress:
    """Shows how much is done, the rate, and the time left.

    On a terminal it is a bar, and otherwise a line every ten seconds. Use it in a `with` block, or
    call `clear` at the end: it removes the bar.

    Args:
        command: First word of the line.
        total: Number of calls of `advance` until all is done; `None` if that is not known.
        unit: What the rate counts, such as "clips".
        of: What the calls of `advance` count.
        file: Where it is shown; standard output if it is `None`.
    """

    def __init__(
        self,
        command: str,
        total: int | None,
        unit: str,
        of: str = "files",
        file: TextIO | None = None,
    ) -> None:
        self.command, self.total, self.unit, self.of = command, total, unit, of
        self.file = file or sys.stdout
        self.done = self.units = 0
        self.started = self.shown = time.monotonic()
        self._bar = _bar(command, total, self.file) if self.file.isatty() else None
        if self._bar is not None:
            weakref.finalize(self, self._bar.stop)  # or a stopped command leaves no cursor

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()

    def advance(self, units: int = 1) -> None:
        """Counts one more call as done.

        Args:
            units: Number of units that it gave.
        """
        self.done += 1
        self.units += units
        if time.monotonic() - self.shown > (REFRESH if self._bar else EVERY):
            self.shown = time.monotonic()
            self._show()

    def _show(self) -> None:
        if self._bar is None:
            print(
                f"{self.command:9} {self._count()} {self.of}, {self._rate()}",
                file=self.file,
                flush=True,
            )
            return
        state = f"{self._count()}  {self._rate()}"
        self._bar.update(self._bar.task_ids[0], completed=self.done, state=state)
        try:
            self._bar.start()
        except LiveError:  # another bar is on the terminal
            return
        self._bar.refresh()

    def _count(self) -> str:
        return str(self.done) if self.total is None else f"{self.done}/{self.total}"

    def _rate(self) -> str:
        if self.total is None:
            return self.pace()
        left = self.seconds() / self.done * (self.total - self.done)
        return f"{self.pace()}, {duration(left)} left"

    def say(self, line: str) -> None:
        """Prints a line of its own on stderr; the bar comes back below it."""
        self._print(line, sys.stderr)

    def tell(self, line: str) -> None:
        """Prints a line of its own on stdout; the bar comes back below it."""
        self._print(line, sys.stdout)

    def _print(self, line: str, file: TextIO) -> None:
        if self._bar is not None:
            self._bar.stop()
        print(line, file=file, flush=True)
        if self._bar is not None:
            self._bar.start()

    def clear(self) -> None:
        """Removes the bar from the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def seconds(self) -> float:
        """Returns the seconds since the start."""
        return time.monotonic() - self.started

    def pace(self) -> str:
        """Returns the number of units in a second, such as "12.0 clips/s"."""
        return f"{self.units / max(self.seconds(), 1e-9):.1f} {self.unit}/s"


def _bar(command: str, total: int | None, file: TextIO) -> Bar:
    """A bar that is not on the terminal yet."""
    bar = Bar(
        TextColumn(f"{command:9}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        console=Console(file=file),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task(command, total=total, state="")
    return bar
