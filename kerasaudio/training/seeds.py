"""Seeds of initial weights and dropout that depend on the fit's seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from keras.src.random import seed_generator


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Gives layers that are made in the `with` block the seeds that Keras draws after a seed.

    Keras draws a seed for each initializer and each dropout from Python's `random`, which belongs
    to all threads: any of them that draws in between would change all seeds that follow. Within
    the block Keras has a generator of its own, which gives the same numbers.

    Args:
        seed: Whole number from 0 to 2**32 - 1.
    """
    before = seed_generator.python_random
    seed_generator.python_random = random.Random(seed)
    try:
        yield
    finally:
        seed_generator.python_random = before
