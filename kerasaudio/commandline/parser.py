"""The parser that every command fills with its options."""

from __future__ import annotations

import argparse
from typing import NoReturn

from kerasaudio import __version__
from kerasaudio.errors import UserError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UserErrors: one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Raises the message as a UserError."""
        raise UserError(f"{message} ({self.prog} --help shows the options)")


def command_parser(command: str, doc: str) -> Parser:
    """Returns the parser of a command.

    Args:
        command: Name of the command.
        doc: Docstring of its module; the first line is the description, the rest follows the
            options.
    """
    first, _, rest = doc.strip().partition("\n")
    made = Parser(
        prog=f"python -m kerasaudio.{command}",
        description=first,
        epilog=rest.strip("\n") or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"kerasaudio {__version__}")
    return made
