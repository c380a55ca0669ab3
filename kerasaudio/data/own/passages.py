"""Labelled parts of recordings: from folders, from a CSV manifest, or from label tracks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import pandas as pd

from kerasaudio.data.files import is_inside
from kerasaudio.data.own import name_patterns
from kerasaudio.data.own.label_tracks import Event, read_track, tracks_of
from kerasaudio.data.sound.sound_folder import passed_over, told, walk
from kerasaudio.data.tables.table import read_csv
from kerasaudio.errors import UserError

SEVERAL = "|"  # between the labels of one passage
SPLITS = {"train": "train", "test": "test"} | dict.fromkeys(
    ("valid", "validation", "val", "dev"), "valid"
)


@dataclass(frozen=True)
class Passage:
    """A recording or a part of one, with what is known about it.

    Args:
        path: The file.
        name: Its path below the folder or the manifest's folder, and the part's times if any.
        file: That path alone.
        labels: Its labels; empty where `events` has them, or where it is known to have none.
        start: Beginning in seconds.
        end: End in seconds; infinite for the end of the file.
        events: The events of a long recording, or `None` where the labels hold throughout.
        columns: Further columns of a manifest, such as "group" and "split".
    """

    path: Path
    name: str
    file: str
    labels: tuple[str, ...]
    start: float = 0.0
    end: float = math.inf
    events: tuple[Event, ...] | None = None
    columns: dict[str, str] = field(default_factory=dict)

    def all_labels(self) -> set[str]:
        """Returns the labels of the passage and of its events."""
        return {*self.labels, *(event.label for event in self.events or ())}


@dataclass(frozen=True)
class Source:
    """What a folder or a manifest says.

    Args:
        passages: The labelled parts of recordings.
        bad: Reason why a file cannot be used, by its name.
        notes: What else lies in the folder, by what it is.
    """

    passages: tuple[Passage, ...]
    bad: dict[str, str]
    notes: dict[str, str]


def read_source(place: Path, root: Path, label_from: str, label_column: str) -> Source:
    """Returns the labelled parts of recordings that a folder or a manifest has.

    Args:
        place: A folder, or a CSV file.
        root: The data root; nothing outside is read.
        label_from: Which folder of a file's path is its label, "first" or "last", or a regular
            expression on its name, whose first group is the label.
        label_column: Column of labels in selection tables and in the manifest.

    Raises:
        UserError: If there is no sound, or the manifest is not as expected.
    """
    if place.is_dir():
        return _folder(place, label_from, label_column)
    if not place.is_file():
        raise UserError(
            f"{place} was not found: expected a folder of sound files, or a CSV file with the "
            "columns file and label, whose place below --data is data.path."
        )
    return Source(tuple(_manifest(place, root, label_column)), {}, {})


def _folder(folder: Path, label_from: str, label_column: str) -> Source:
    listing = walk(folder)
    tracks = tracks_of([path for path in listing.others if path.suffix.lower() == ".txt"])
    passages, bad, unlabelled, used = [], {}, [], set[Path]()
    for path in listing.sounds:
        name = path.relative_to(folder).as_posix()
        track = tracks.get(path.with_name(path.stem))
        if track is not None:
            used.add(track)
            try:
                events = read_track(track, label_column)
                passages.append(Passage(path, name, name, (), events=events))
            except UserError as error:
                bad[name] = str(error).rstrip(".")
        elif label := _label_in(name, label_from):
            passages.append(Passage(path, name, name, _labels(label)))
        else:
            unlabelled.append(path)
    if not passages:
        without = f" and {len(unlabelled)} files without a label" if unlabelled else ""
        raise UserError(
            f"{folder} holds no labelled sound{without}: "
            "expected a folder for each label, or beside each recording a label track NAME.txt."
        )
    others = tuple(path for path in listing.others if path not in used)
    notes = passed_over(replace(listing, others=others), folder)
    if unlabelled:
        notes["unlabelled"] = told(tuple(unlabelled), folder)
    return Source(tuple(passages), bad, notes)


def _label_in(file: str, label_from: str) -> str:
    """The label that a file's path says; empty if it says none."""
    if label_from in ("first", "last"):
        folders = PurePosixPath(file).parts[:-1]
        return folders[0 if label_from == "first" else -1] if folders else ""
    found = name_patterns.find(label_from, file, "data.label_from")
    return name_patterns.first(found) if found else ""


def _manifest(path: Path, root: Path, label_column: str) -> Iterator[Passage]:
    rows = read_csv(path)
    for column in ("file", label_column):
        if column not in rows:
            raise UserError(
                f"{path} has the columns {', '.join(rows.columns)}: expected file and "
                f"{label_column}, and if you like start, end, group, fold and split."
            )
    seen: set[str] = set()
    for line, row in zip(rows.index, rows.itertuples(index=False), strict=True):
        cells = dict(zip(rows.columns, map(str, row), strict=True))
        passage = _passage(path, line, cells, root, label_column)
        if passage.name in seen:
            raise UserError(f"{path}, line {line}: {passage.name} stands there twice; remove one.")
        seen.add(passage.name)
        yield passage


def _passage(
    manifest: Path, line: int, row: dict[str, str], root: Path, label_column: str
) -> Passage:
    where, file = f"{manifest}, line {line}", row["file"].strip()
    path = manifest.parent / file
    if not file or not is_inside(path, root):
        raise UserError(
            f"{where}: the file is {file!r}; expected one below the data root {root}; see --data."
        )
    start, end = _seconds(row, "start", 0.0, where), _seconds(row, "end", math.inf, where)
    if not start < end:
        raise UserError(f"{where}: the part begins at {start:g} s and ends at {end:g} s.")
    split = row.get("split", "").strip().lower()
    if split and split not in SPLITS:
        raise UserError(f"{where}: the split is {split!r}; expected train, valid or test.")
    columns = {name: value.strip() for name, value in row.items()}
    columns["split"] = SPLITS.get(split, "")
    part = "" if (start, end) == (0, math.inf) else f"@{start:g}-{end:g}"
    labels = _labels(row[label_column])
    return Passage(path, file + part, file, labels, start, end, columns=columns)


def _labels(text: str) -> tuple[str, ...]:
    return tuple(sorted({label.strip() for label in text.split(SEVERAL)} - {""}))


def _seconds(row: dict[str, str], column: str, empty: float, where: str) -> float:
    text = row.get(column, "").strip()
    if not text:
        return empty
    value = pd.to_numeric(text, errors="coerce")
    if not 0 <= value < math.inf:
        raise UserError(f"{where}: {column} is {text!r}; expected seconds, 0 or more.")
    return float(value)
