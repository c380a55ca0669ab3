"""Imports TensorFlow and Keras, quickly, quietly and with the same settings on every machine."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kerasaudio.errors import UserError

BACKEND = "tensorflow"


def import_keras() -> float:
    """Imports TensorFlow and Keras.

    Returns:
        The seconds that it took.

    Raises:
        UserError: If Keras has another backend than TensorFlow.
    """
    started = time.perf_counter()
    if "keras" not in sys.modules:
        check_backend(os.environ.get("KERAS_BACKEND", BACKEND))
        gc.disable()  # or a third of the time goes by in looking for garbage in new objects
        with _stderr_kept_back():
            import keras  # noqa: F401
        gc.freeze()
        gc.enable()
    check_backend(loaded_backend())
    set_keras_settings()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # many models in one process are fine
    return time.perf_counter() - started


def set_environment() -> None:
    """Sets the variables that TensorFlow and Keras read when they are imported."""
    if not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = BACKEND  # or keras.json of the user's home chooses it
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or TensorFlow warns of missing GPUs
    # Otherwise the first process takes all of a GPU's memory, and a second one has none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.pop("TF_USE_LEGACY_KERAS", None)  # or KerasTuner and TensorBoard take Keras 2
    try:
        Path.home()
    except RuntimeError:  # a user without a home, as in many containers
        home = Path(tempfile.gettempdir(), f"kerasaudio-{os.getuid()}")
        home.mkdir(mode=0o700, exist_ok=True)
        state = home.lstat()
        if state.st_uid != os.geteuid() or state.st_mode & 0o077:  # others may write there
            home = Path(tempfile.mkdtemp(prefix="kerasaudio-"))
        os.environ["HOME"] = str(home)


def loaded_backend() -> str:
    """Returns the backend of Keras, which must be imported."""
    return sys.modules["keras"].backend.backend()


def check_backend(name: str) -> None:
    """Checks that a backend of Keras is TensorFlow.

    Args:
        name: Name of the backend.

    Raises:
        UserError: If it is another one.
    """
    if name != BACKEND:
        raise UserError(
            f"Keras' backend is {name!r}, from KERAS_BACKEND or ~/.keras/keras.json: expected "
            f"{BACKEND}; set KERAS_BACKEND={BACKEND} before Keras is imported."
        )


def set_keras_settings() -> None:
    """Sets what ~/.keras/keras.json and environment variables can change in Keras.

    With other values, the same experiment is another network, or is trained on fewer batches.
    Keras must be imported.
    """
    config = sys.modules["keras"].config
    if config.dtype_policy().name == config.floatx():
        config.set_dtype_policy("float32")
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


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
