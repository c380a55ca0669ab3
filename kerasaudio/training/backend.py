"""Imports TensorFlow and Keras, quickly and quietly."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator


def import_keras() -> float:
    """Imports TensorFlow and Keras.

    Returns:
        The seconds that it took.
    """
    started = time.perf_counter()
    if "keras" not in sys.modules:
        gc.disable()  # or a third of the time goes by in looking for garbage in new objects
        with _stderr_kept_back():
            import keras  # noqa: F401
        gc.freeze()
        gc.enable()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # many models in one process are fine
    return time.perf_counter() - started


@contextlib.contextmanager
def _stderr_kept_back() -> Iterator[None]:
    """Keeps back what native libraries write while they load, and shows it if loading fails."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
