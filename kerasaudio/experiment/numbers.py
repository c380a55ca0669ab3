"""What holds for the numbers in all parts of an experiment."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass

from kerasaudio.errors import UserError

SEEDS = 2**32  # number of seeds; Keras, NumPy and scikit-learn take no others


def check_numbers(path: str, value: object) -> None:
    """Checks that all numbers in a value are finite, since JSON has no others, and a seed is one.

    Args:
        path: The value's path in the experiment, such as "fit.optimizer".
        value: A part, a tuple or a field of one.

    Raises:
        UserError: If a number is not as expected.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{path} is {value}: expected a finite number.")
    if path in ("data.seed", "fit.seed") and not (isinstance(value, int) and 0 <= value < SEEDS):
        raise UserError(f"{path} is {value!r}: expected a whole number from 0 to {SEEDS - 1}.")
    if isinstance(value, tuple):
        for number, each in enumerate(value):
            check_numbers(f"{path}.{number}", each)
    elif is_dataclass(value):
        for field in fields(value):
            if field.init:
                check_numbers(f"{path}.{field.name}", getattr(value, field.name))
