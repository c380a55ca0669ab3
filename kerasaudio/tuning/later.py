"""A call whose result is waited for like that of another process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from kerasaudio.training.history import Row
from kerasaudio.tuning.training import IMPOSSIBLE


class Later(Future):
    """A call that the thread makes which waits for its result.

    Args:
        function: The function.
    """

    def __init__(self, function: Callable[[], list[Row]]) -> None:
        super().__init__()
        self.function = function

    def run(self) -> None:
        """Makes the call, unless it would be of no use."""
        try:
            self.set_result(self.function())
        except IMPOSSIBLE as error:
            self.set_exception(error)
