"""`kerasaudio COMMAND ...`: the same commands as `python -m kerasaudio.COMMAND`."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from kerasaudio import __version__
from kerasaudio.commandline import running
from kerasaudio.errors import UserError

COMMANDS = (
    "train",
    "search",
    "evaluate",
    "compare",
    "predict",
    "gate",
    "export",
    "features",
    "explore",
    "prepare",
    "doctor",
)


def main() -> None:
    """Hands over to the command that is named first."""
    running.run(command, sys.argv[1:])


def command(arguments: Sequence[str] | None) -> int | None:
    """Runs a command and returns its exit code; without one, shows all commands.

    Args:
        arguments: The name of the command, then its arguments.

    Raises:
        UserError: If there is no such command.
    """
    name, *rest = arguments or ["--help"]
    if name == "--version":
        print(f"kerasaudio {__version__}")
        return 0
    if name in ("-h", "--help"):
        print("usage: kerasaudio COMMAND [options]")
        print("`kerasaudio COMMAND --help` shows the options of a command\n")
        for each in COMMANDS:
            source = (Path(__file__).parent / f"{each}.py").read_text(encoding="utf-8")
            title = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
            print(f"  {each:9} {title}")
        return 0
    if name not in COMMANDS:
        raise UserError(f"There is no command {name!r}: expected one of {', '.join(COMMANDS)}.")
    return importlib.import_module(f"kerasaudio.{name}").main(rest)


if __name__ == "__main__":
    main()
