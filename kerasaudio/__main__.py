"""`kerasaudio COMMAND ...`: the same commands as `python -m kerasaudio.COMMAND`."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

COMMANDS = ("train", "search", "evaluate", "compare", "predict", "export", "features", "explore", "prepare", "doctor")


def main() -> None:
    """Hand over to the command named first."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: kerasaudio COMMAND [options]; `kerasaudio COMMAND --help` shows the options\n")
        for command in COMMANDS:
            source = (Path(__file__).parent / f"{command}.py").read_text(encoding="utf-8")
            print(f"  {command:9} {(ast.get_docstring(ast.parse(source)) or '').partition(chr(10))[0]}")
        return
    if sys.argv[1] not in COMMANDS:
        print(f"error: there is no command {sys.argv[1]!r}: expected one of {', '.join(COMMANDS)}.", file=sys.stderr)
        sys.exit(2)
    from kerasaudio import cli

    cli.run(importlib.import_module(f"kerasaudio.{sys.argv[1]}").main, sys.argv[2:])


if __name__ == "__main__":
    main()
