"""Which rows of a table a protocol puts into which split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from kerasaudio.data.rows import Rows, with_content
from kerasaudio.errors import UserError
from kerasaudio.experiment.examples import Examples, Splits


def draw(
    truth: pd.Series, test: float, validation: float, seed: int, stratify_test: bool, protocol: str
) -> dict[str, pd.Index]:
    """Draws test rows out of all rows, then validation rows out of the rest.

    Args:
        truth: The label of each row.
        test: Share of the test rows in all rows.
        validation: Share of the validation rows in the rest; they are in proportion to the labels.
        seed: Seed of both draws.
        stratify_test: Whether test rows are in proportion to the labels, too.
        protocol: Name of the protocol, for the message.

    Returns:
        The index of each split's rows by the split's name: "train", "valid" and "test".

    Raises:
        UserError: If there are too few rows.
    """
    try:
        rest, held_out = train_test_split(
            truth.index,
            test_size=test,
            random_state=seed,
            stratify=truth if stratify_test else None,
        )
        train, valid = train_test_split(
            rest, test_size=validation, random_state=seed, stratify=truth[rest]
        )
    except ValueError as error:
        raise UserError(
            f"Too few rows for the split {protocol} ({len(truth)} found): {error}"
        ) from error
    return {"train": train, "valid": valid, "test": held_out}


def fewer(truth: pd.Series, rows: pd.Index, count: int, seed: int) -> pd.Index:
    """Returns some of a split's rows, drawn in proportion to the labels.

    Args:
        truth: The label of each row.
        rows: The index of the split's rows.
        count: Number of rows to draw.
        seed: Seed of the draw.

    Raises:
        UserError: If there are not that many rows, or too few for all labels.
    """
    if count == len(rows):
        return rows
    try:
        chosen, _ = train_test_split(
            rows, train_size=count, random_state=seed, stratify=truth[rows]
        )
    except ValueError as error:
        raise UserError(f"data.train_rows is {count}, of {len(rows)} rows: {error}") from error
    return chosen


def table_splits(
    features: pd.DataFrame,
    truth: pd.Series,
    names: pd.Series,
    members: dict[str, pd.Index],
    labels: Sequence[str],
    recordings: pd.Series | None = None,
) -> Splits:
    """Returns rows of a table as splits.

    A note counts the rows outside the training split whose features equal a training row's.

    Args:
        features: The features of each row.
        truth: The label of each row.
        names: The name of each row.
        members: The index of each split's rows, as `draw` returns them.
        labels: All labels, in the order of the model's outputs.
        recordings: The recording that each row is a piece of; `None` if rows stand for themselves.
    """
    pieces = recordings is not None and not recordings.is_unique
    numbers = {label: number for number, label in enumerate(labels)}
    train, valid, test = (
        Examples(
            tuple(names[rows]),
            truth[rows].map(numbers).to_numpy(np.int32),
            Rows(features.loc[rows].to_numpy(np.float32)),
            tuple(recordings[rows]) if recordings is not None and pieces else (),
        )
        for rows in (members["train"], members["valid"], members["test"])
    )
    held_out = features.loc[members["valid"].append(members["test"])]
    straddling = len(held_out.merge(features.loc[members["train"]].drop_duplicates()))
    return with_content(Splits(train, valid, test, {"duplicates across splits": straddling}))
