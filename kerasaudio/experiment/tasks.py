"""The kinds of question that a model answers, as values.

Two places look at a task: `training/tasks.py` chooses activation, loss and metrics, and
`scoring/tasks.py` chooses the scores. Nothing else asks which kind of task it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SingleLabel:
    """Each example has exactly one of the labels, such as the genre of a song."""


@dataclass(frozen=True)
class Binary:
    """Each example is positive or negative; the second of two labels is the positive one."""


@dataclass(frozen=True)
class MultiLabel:
    """Each example has any number of the labels, such as the tags of a song.

    Args:
        target: Label that is also scored on its own, as a yes-or-no question. `None` scores
            all labels alike.
    """

    target: str | None = None


@dataclass(frozen=True)
class Frames:
    """Each frame of an example has the label or not, such as whether somebody speaks.

    Args:
        seconds: Length of a frame.
        delay: Number of frames by which an answer comes later than what it is about.
        most_lost: Largest share of the label's frames that a gate's settings may lose, where they
            are chosen.
    """

    seconds: float
    delay: int = 0
    most_lost: float = 0.1


Task = SingleLabel | Binary | MultiLabel | Frames
