"""Settings of TensorFlow for stacks, which hold for the whole process."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import lru_cache
from pathlib import Path

import tensorflow as tf


def use_one_thread_per_operation() -> None:
    """Gives every TensorFlow operation one thread, if TensorFlow has not yet started.

    This is best where stacks train side by side: the loops of a group are so small that threads
    which share them wait for each other longer than they work.
    """
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)


@lru_cache
def start_compiler_quietly() -> None:
    """Uses XLA for the first time in this process and hides the lines that it then prints."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        tf.function(lambda: tf.zeros(()), jit_compile=True, autograph=False)()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
