"""The labels that a network of own recordings answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasaudio.data.own.passages import Passage
from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Asked:
    """What a network is asked about a recording.

    Args:
        target: The label of a yes-or-no question; `None` for a choice of labels.
        background: The label of recordings that are none of the others, or `None`.
        several: Whether a recording can have several labels.
    """

    target: str | None
    background: str | None
    several: bool

    def labels(self, passages: Sequence[Passage], place: Path) -> tuple[str, ...]:
        """Returns the labels, in the order of the model's outputs.

        Args:
            passages: The recordings.
            place: Where they are, for messages.

        Raises:
            UserError: If a label that is asked for is not there, or there are too few.
        """
        found = set().union(*(passage.all_labels() for passage in passages))
        self._check(found)
        if self.target is not None:
            return (self.background or f"not {self.target}", self.target)
        if self.several:
            found -= {self.background}
        elif self.background:
            found |= {self.background}
        if len(found) < (1 if self.several else 2):
            raise UserError(
                f"{place} has the labels {', '.join(sorted(found)) or 'none'}: expected two or "
                "more; a folder of other sounds can be the second one."
            )
        return tuple(sorted(found))

    def _check(self, found: set[str]) -> None:
        """A background that nobody recorded can be one of the labels, except beside a target."""
        for name, label in {"target": self.target, "background": self.background}.items():
            if label and label not in found and not (name == "background" and self.target is None):
                raise UserError(
                    f"data.{name} is {label!r}: expected one of {', '.join(sorted(found))}."
                )
