"""The one error that is shown to a person without a traceback."""


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
)
"""What reading a file can raise that is not as this program wrote it."""
