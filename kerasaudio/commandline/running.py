"""How a command is run: what ends it, with which line and exit code."""

from __future__ import annotations

import atexit
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from kerasaudio.errors import UserError, lacking, one_line

INTERRUPTED = 130  # exit code after Ctrl-C


Command = Callable[[Sequence[str] | None], int | None]


def run(command: Command, arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code; see `exit_code`.

    What is to be done at exit is done. Then the process ends at once: in Python's last clean-up
    one of TensorFlow's readers can wait for Python, and Python for that reader.

    Args:
        command: The command's `main`.
        arguments: Its arguments; `None` takes those of the process.
    """
    code = 1  # of a fault of the program, which is shown with its traceback

    def end() -> None:
        _close_stdout()
        os._exit(code)

    atexit.register(end)  # what is registered first is called last
    code = exit_code(command, arguments)
    sys.exit(code)


def exit_code(command: Command, arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: a UserError is one line and 2, Ctrl-C is 130.

    So is what the machine lacks: room on the disk, memory, open files, or a permission.

    Args:
        command: The command's `main`.
        arguments: Its arguments; `None` takes those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        code = command(arguments) or 0
        sys.stdout.flush()
    except SystemExit as end:  # the parser's, after --help or an option that there is not
        code = int(end.code or 0)
    except UserError as error:
        print("error:", one_line(str(error)), file=sys.stderr)
        code = 2
    except KeyboardInterrupt as stop:
        print(f"\n{stop}" if str(stop) else "\nstopped.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        code = 1
    except Exception as error:
        reason = lacking(error)
        if reason is None:
            raise
        print("error:", one_line(reason), file=sys.stderr)
        code = 2
    _close_stdout()
    return code


def _close_stdout() -> None:
    """What cannot be printed any more, as into a full disk, is dropped without a traceback."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
