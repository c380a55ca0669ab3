"""How far a command over many files has come."""

from __future__ import annotations

import sys
import time

from kerasaudio import options


class Progress:
    """Files done, rate, time left: a line that is written over on a terminal, else one every ten seconds."""

    def __init__(self, command: str, files: int, unit: str) -> None:
        self.command, self.files, self.unit = command, files, unit
        self.done = self.rows = 0
        self.started = self.shown = time.monotonic()
        self.terminal = sys.stdout.isatty()

    def advance(self, rows: int = 1) -> None:
        """One more file is done, which gave so many of the unit."""
        self.done += 1
        self.rows += rows
        if time.monotonic() - self.shown > (0.2 if self.terminal else 10):
            self.shown = time.monotonic()
            left = self.seconds() / self.done * (self.files - self.done)
            line = f"{self.command:9} {self.done}/{self.files} files, {self.pace()}, {options.duration(left)} left"
            print(
                f"\r{line}\033[K" if self.terminal else line,
                end="" if self.terminal else "\n",
                flush=True,
            )

    def say(self, line: str) -> None:
        """A line of its own, on stderr."""
        self.clear()
        print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line that is written over away."""
        if self.terminal:
            print("\r\033[K", end="", flush=True)

    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    def pace(self) -> str:
        """Units a second."""
        return f"{self.rows / max(self.seconds(), 1e-9):.1f} {self.unit}/s"
