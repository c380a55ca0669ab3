"""The one error that is shown to a person without a traceback, and what a machine can lack."""

from __future__ import annotations

import errno
import os
import re
import sys
from tokenize import TokenError

LONGEST = 1000  # characters of an error's line
NO_MEMORY = re.compile("annot allocate memory|failed to map segment|can't start new thread")


class UserError(Exception):
    """An error that the person can put right.

    Its message is one line: what was found, what was expected, what to do. Commands print it and
    exit with code 2.
    """


DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    MemoryError,
    EOFError,
    SyntaxError,  # this and the next are NumPy's, of an array's header
    TokenError,
)
"""What reading a file can raise that is not as this program wrote it."""


def one_line(text: str) -> str:
    """Returns a message as one line of at most a thousand characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 300]} ... {line[-295:]}"


def lacking(error: Exception) -> str | None:
    """Returns what the machine lacks, if that is what an error is about, otherwise `None`."""
    tensorflow = sys.modules.get("tensorflow")
    exhausted = tensorflow and isinstance(error, tensorflow.errors.ResourceExhaustedError)
    text = str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.filename or 'A file or a pipe'}: {error.strerror}. {_way_out(error.errno)}"
    if exhausted and os.strerror(errno.ENOSPC) in text:
        return f"{text}. {_way_out(errno.ENOSPC)}"
    if exhausted or isinstance(error, MemoryError) or NO_MEMORY.search(text):
        return (
            "There is not enough memory: use a smaller model or fit.batch_size, or raise the "
            f"limit ({text.partition(chr(10))[0][:200] or type(error).__name__})."
        )
    return None


def _way_out(number: int) -> str:
    ways = {
        errno.ENOSPC: "Make room on the disk; the same command or --resume goes on.",
        errno.EDQUOT: "Make room on the disk; the same command or --resume goes on.",
        errno.EMFILE: "Raise the limit of open files, as with ulimit -n 1024.",
        errno.ENFILE: "Raise the limit of open files, as with ulimit -n 1024.",
    }
    return ways.get(number, "Give it the permission, or name another place.")
