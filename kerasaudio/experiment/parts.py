"""What the three parts of an experiment offer: data set, front end and architecture.

A data set is a frozen dataclass that subclasses `DataSet`, which has defaults for what only some
data sets offer. Front ends and architectures are frozen dataclasses of their own.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kerasaudio.errors import UserError
from kerasaudio.experiment.examples import Splits
from kerasaudio.experiment.tasks import Task

if TYPE_CHECKING:
    import keras
    import pandas as pd

Data = TypeVar("Data", bound="DataSet")
Advance = Callable[[int], None]  # called once a file, with the number of units that it gave
# Calls a function for many items and yields each with its result, in the order of their end.
Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[Any, Any]]]


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that is wrong with one file of a data set.

    Args:
        name: The file, as the data set calls it.
        kind: What is wrong, in one or two words, such as "silent".
        detail: What was found.
        harmful: Whether training leaves the file out or learns something wrong from it.
    """

    name: str
    kind: str
    detail: str
    harmful: bool


class DataSet(ABC):
    """Labelled examples in splits. The fields choose a protocol; everything else is a fact."""

    @property
    @abstractmethod
    def folder(self) -> str:
        """Folder or file of the set below the data root."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """Labels in the order of the model's outputs."""

    @property
    @abstractmethod
    def task(self) -> Task:
        """The kind of question that a model of this data answers."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int | None, ...]:
        """Shape of one example."""

    @property
    @abstractmethod
    def rate(self) -> int | None:
        """Sampling rate in Hz, or `None` where an example is not sound."""

    @property
    @abstractmethod
    def protocol(self) -> str:
        """Name of the split, and the seed that it was drawn with."""

    @abstractmethod
    def load(self, root: Path) -> Splits:
        """Returns the splits, all at once: those of one draw belong together.

        Args:
            root: The data root, the folder above `folder`.

        Raises:
            UserError: If files are missing or not as expected.
        """

    @abstractmethod
    def write_standin(self, root: Path) -> None:
        """Writes synthetic data in the real set's layout below `root`."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the features where an example is a row of a table, otherwise `None`."""
        return None

    @property
    def seconds(self) -> float | None:
        """Length of an example in seconds where it is sound of one length, otherwise `None`."""
        if self.rate is None or len(self.shape) != 1 or self.shape[0] is None:
            return None
        return self.shape[0] / self.rate

    @property
    def new_seconds(self) -> float | None:
        """Seconds that an example adds to the sound: fewer than its own where windows overlap."""
        return self.seconds

    @property
    def repeats_short(self) -> bool:
        """Whether sound shorter than an example is repeated; otherwise silence follows it."""
        return False

    @property
    def background_label(self) -> str | None:
        """Label of sound that is none of the others and so no event, or `None`."""
        return None

    @property
    def incomparable(self) -> str | None:
        """Reason why protocols of this set never share a table of scores, otherwise `None`."""
        return None

    def is_below(self, root: Path) -> bool:
        """Returns whether a data root has the set."""
        return (root / self.folder).exists()

    def with_facts(self: Data, root: Path) -> Data:
        """Returns the data set with what only its files can tell, such as the labels.

        Args:
            root: The data root.

        Raises:
            UserError: If the files cannot be read.
        """
        return self

    def with_seed(self: Data, seed: int) -> Data:
        """Returns the data set with another seed of its drawn splits, if it has a `seed` field."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        if any(field.name == "seed" for field in fields):
            return dataclasses.replace(self, seed=seed)  # type: ignore[type-var]
        return self

    def files(self, root: Path) -> int:
        """Returns the number of files that `examine` or `prepare` goes through."""
        raise self._lacks("files to examine")

    def examine(self, root: Path, advance: Advance) -> list[Fault]:
        """Returns everything that is wrong with the set's files, whatever the protocol leaves out.

        Args:
            root: The data root.
            advance: Called after each file, for the progress display.

        Raises:
            UserError: If there are no files, or if this data set has nothing to examine.
        """
        raise self._lacks("files to examine")

    def table(self, root: Path) -> pd.DataFrame:
        """Returns all rows of the set's table: the columns of `columns`, and `label`.

        Raises:
            UserError: If the file cannot be read, or if this data set is no table.
        """
        raise UserError(
            f"The data set {type(self).__name__} has no table to explore: of recordings, "
            "features FOLDER --out TABLE.csv writes one, and explore own_table --set "
            "data.path=TABLE.csv explores it."
        )

    def prepare(self, root: Path, out: Path, spread: Spread, advance: Advance) -> list[str]:
        """Writes the published files once in the form that training reads fastest.

        Args:
            root: The data root with the published files.
            out: Data root that gets the new files; it may be `root`.
            spread: Reads many files at the same time, in threads or on other machines.
            advance: Called after each file, for the progress display.

        Returns:
            The reasons why files were passed over, one line for each.

        Raises:
            UserError: If there are no files, `out` cannot be written to, or this data set needs no
                preparation.
        """
        raise self._lacks("files to prepare")

    def _lacks(self, what: str) -> UserError:
        return UserError(f"The data set {type(self).__name__} has no {what}: name another one.")


class FrontEnd(Hashable, Protocol):
    """What an example passes through before the architecture; part of the Keras model."""

    @property
    def any_length(self) -> bool:
        """Whether the front end takes sound of any length and cuts it into windows itself."""
        ...

    def __call__(self, inputs: keras.KerasTensor, rate: int | None) -> keras.KerasTensor:
        """Returns the features.

        Args:
            inputs: A batch of examples, of shape `(batch, *data.shape)`.
            rate: Sampling rate in Hz, or `None` where examples are not sound.
        """
        ...


class Architecture(Hashable, Protocol):
    """A network from features to logits."""

    def __call__(self, features: keras.KerasTensor, labels: int) -> keras.KerasTensor:
        """Returns logits of shape `(batch, labels)`.

        Args:
            features: What the front end returns.
            labels: Number of labels.
        """
        ...


REQUIRED = {"frontend": ("any_length", "__call__"), "model": ("__call__",)}


def check_part(role: str, part: object) -> None:
    """Checks that a value can play the role of a part.

    Args:
        role: "data", "frontend" or "model".
        part: The value.

    Raises:
        UserError: If something is missing; the line names the class and the member.
    """
    kind = type(part)
    if role == "data":
        if not isinstance(part, DataSet):
            raise UserError(
                f"data is {kind.__name__}: expected a class that subclasses "
                "kerasaudio.experiment.DataSet."
            )
        return
    for member in REQUIRED[role]:
        if not any(member in vars(base) for base in kind.__mro__[:-1]):
            raise UserError(
                f"{role} is {kind.__name__}, which lacks {member}: see "
                f"kerasaudio.experiment.{'FrontEnd' if role == 'frontend' else 'Architecture'}."
            )
