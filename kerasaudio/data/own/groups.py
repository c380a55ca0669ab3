"""Groups of recordings that belong together, and folds that keep each group whole."""

from __future__ import annotations

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from kerasaudio.data.own import name_patterns
from kerasaudio.data.own.passages import Passage
from kerasaudio.errors import UserError

BEFORE_LAST = r"^(.+)[-_. ]"  # a name without its last part
SHARED = 0.2  # share of recordings with a common beginning from which on names suggest groups


def groups_of(passages: Sequence[Passage], group: str | None) -> tuple[list[str], list[str]]:
    """Returns the group of each passage, and the fold that its name or its manifest prescribes.

    Args:
        passages: The passages.
        group: "recording" for the file itself; "folder" for the folder that the file is in; name
            of a column of the manifest; or a regular expression on the file's name without suffix,
            whose group called `group`, first group or whole match is taken, and whose group called
            `fold` is a fold. `None` takes the manifest's column "group" if it has one, otherwise
            the file.

    Raises:
        UserError: If the expression is none, or does not match a name.
    """
    columns = set[str]().union(*(passage.columns for passage in passages))
    if group is None:
        group = "group" if "group" in columns else "recording"
    if group in ("recording", "folder") or group in columns:
        folds = [passage.columns.get("fold", "") for passage in passages]
        return [_named(passage, group) for passage in passages], folds
    found = [_match(group, passage.file) for passage in passages]
    return [each for each, _ in found], [fold for _, fold in found]


def _named(passage: Passage, group: str) -> str:
    if group == "folder":
        return str(PurePosixPath(passage.file).parent)
    # A recording that the column says nothing about is a group of its own.
    return passage.columns.get(group, "") or passage.file


def _match(pattern: str, file: str) -> tuple[str, str]:
    found = name_patterns.find(pattern, file, "data.group")
    if found is None:
        raise UserError(
            f"data.group is {pattern!r}, which does not match the name {PurePosixPath(file).stem!r}"
            ": expected a regular expression that matches all names, a column of the manifest, "
            "folder or recording."
        )
    named = found.groupdict()
    return named.get("group") or name_patterns.first(found), named.get("fold") or ""


def group_notes(groups: Sequence[str], sides: Sequence[str]) -> dict[str, Any]:
    """Returns how many groups there are, as a note; a manifest's own splits may part them.

    Args:
        groups: The group of each passage.
        sides: The split of each passage; empty where it is in none.
    """
    pairs = {(group, side) for group, side in zip(groups, sides, strict=True) if side}
    parted = sorted(
        name for name, count in Counter(group for group, _ in pairs).items() if count > 1
    )
    if not parted:
        return {"groups, each in one split": len(pairs)}
    told = f"{len(parted)} of {len(set(groups))}, such as {parted[0]}; scores are too good"
    return {"WARNING, groups in more than one split": told}


def suggested(passages: Sequence[Passage]) -> str | None:
    """Returns a sentence if names suggest groups, otherwise `None`.

    They do where many recordings of one label share the beginning of their names with others, and
    each label has several such beginnings.

    Args:
        passages: The passages.
    """
    begun: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for file, labels in {passage.file: passage.labels for passage in passages}.items():
        found = re.search(BEFORE_LAST, PurePosixPath(file).stem)
        if found:
            begun[labels][found[1]] += 1
    several = [names for names in begun.values() if len(names) > 1]
    shared = {name: count for names in several for name, count in names.items() if count > 1}
    if sum(shared.values()) < SHARED * len({passage.file for passage in passages}):
        return None
    first, count = max(shared.items(), key=lambda item: (item[1], item[0]))
    return (
        f'names suggest groups ({count} recordings begin with "{first}", and so on) that belong '
        f'in one split: set data.group="{BEFORE_LAST}", or data.group=recording if they do not'
    )


def draw_folds(
    labels: Sequence[tuple[str, ...]], groups: Sequence[str], folds: int, seed: int
) -> np.ndarray:
    """Returns the number of the fold that each passage is in; each group is in one fold.

    Args:
        labels: The labels of each passage; folds are alike in the rarest one of each.
        groups: The group of each passage.
        folds: Number of folds.
        seed: Seed of the draw.

    Raises:
        UserError: If there are fewer groups than folds, or too few passages.
    """
    if len(set(groups)) < folds:
        raise UserError(
            f"There are {len(set(groups))} groups of recordings: expected at least {folds}, one "
            "for each fold; set data.folds or data.group."
        )
    counts = Counter(label for each in labels for label in each)
    strata = [min(each, key=lambda label: (counts[label], label), default="") for each in labels]
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = np.empty(len(labels), int)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of labels with few examples
            for fold, (_, members) in enumerate(splitter.split(strata, strata, groups)):
                found[members] = fold
    except ValueError as error:
        raise UserError(f"Too few recordings for {folds} folds: {error}") from error
    return found


@dataclass(frozen=True)
class Draw:
    """How passages get into splits.

    Args:
        folds: Number of folds, alike in their labels; one tests.
        fold: Number of the fold that tests, from 0.
        validation: Share of the other passages that validates.
        seed: Seed of the draws.

    Raises:
        UserError: If a value is out of range.
    """

    folds: int
    fold: int
    validation: float
    seed: int

    def __post_init__(self) -> None:
        if not (self.folds >= 2 and 0 <= self.fold < self.folds and 0 < self.validation <= 0.5):
            raise UserError(
                f"data.folds is {self.folds}, data.fold {self.fold} and data.validation "
                f"{self.validation}: expected two folds or more, 0 <= fold < folds, and a share "
                "from 0 to 0.5."
            )

    def sides(self, passages: Sequence[Passage], group: str | None) -> list[str]:
        """Returns "train", "valid" or "test" for each passage; "" where a manifest names none.

        A column "split" is obeyed, and so are folds that a column or the names prescribe.

        Args:
            passages: The passages.
            group: What belongs together; see `groups_of`.

        Raises:
            UserError: If there are too few groups, or another number of folds.
        """
        groups, folds = groups_of(passages, group)
        if any(passage.columns.get("split") for passage in passages):
            sides = [passage.columns.get("split", "") for passage in passages]
        elif any(folds):
            sides = self._prescribed(folds)
        else:
            drawn = draw_folds(_labels(passages), groups, self.folds, self.seed)
            sides = ["test" if fold == self.fold else "train" for fold in drawn]
        rest = [number for number, side in enumerate(sides) if side == "train"]
        if rest and "valid" not in sides:
            labels = _labels([passages[number] for number in rest])
            left = [groups[number] for number in rest]
            most = max(Counter(label for each in labels for label in each).values(), default=0)
            parts = max(2, min(round(1 / self.validation), len(set(left)), most))
            drawn = draw_folds(labels, left, parts, self.seed)
            for number, part in zip(rest, drawn, strict=True):
                sides[number] = "train" if part else "valid"
        return sides

    def _prescribed(self, folds: Sequence[str]) -> list[str]:
        found = sorted(set(folds) - {""}, key=_in_order)
        if len(found) != self.folds:
            raise UserError(
                f"data.folds is {self.folds}, and there are the folds {', '.join(found)}: "
                f"set data.folds={len(found)}."
            )
        named = {"": "", found[self.fold]: "test"}
        return [named.get(fold, "train") for fold in folds]


def _in_order(fold: str) -> tuple[bool, int, str]:
    """Numbers come in their order, before other names."""
    return (not fold.isdecimal(), int(fold) if fold.isdecimal() else 0, fold)


def _labels(passages: Sequence[Passage]) -> list[tuple[str, ...]]:
    return [tuple(sorted(passage.all_labels())) for passage in passages]
