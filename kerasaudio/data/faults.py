"""Bad files: which share of them a data set leaves out before it is an error."""

from __future__ import annotations

from kerasaudio.errors import UserError


def check_limit(max_bad_files: float) -> None:
    """Checks the field `max_bad_files` of a data set.

    Args:
        max_bad_files: Largest share of bad files that is left out.

    Raises:
        UserError: If it is no share.
    """
    if not 0 <= max_bad_files < 1:
        raise UserError(
            f"data.max_bad_files is {max_bad_files}: expected a share from 0 to below 1."
        )


def check_bad_files(bad: int, total: int, max_bad_files: float, found: str) -> None:
    """Checks that a data set does not have to leave out too much.

    Args:
        bad: Number of bad files, or of the bytes of bad records.
        total: Number of all files, or of all bytes.
        max_bad_files: Largest share of `bad` in `total`.
        found: What was found, such as "3 of 10 clips cannot be used, first x.wav (silent)".

    Raises:
        UserError: If the share of what is bad is larger.
    """
    if bad and bad / total > max_bad_files:
        raise UserError(
            f"{found.rstrip('.')}: expected at most {_percent(max_bad_files)}, and this is "
            f"{_percent(bad / total)}; repair the files, or raise --set data.max_bad_files=..."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
