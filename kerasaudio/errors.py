"""The one error that is shown to a person without a traceback."""


class UserError(Exception):
    """Something the person can put right: what was found, what was expected, what to do. One line, exit code 2."""
