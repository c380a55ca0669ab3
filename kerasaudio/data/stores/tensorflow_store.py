"""Object stores and HDFS through TensorFlow's file systems.

gs:// is TensorFlow's own, s3:// and hdfs:// are tensorflow-io's. Their clients read endpoint and
credentials from the environment.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import errno
import os
import re
import warnings
from collections.abc import Iterator
from functools import cache

import tensorflow as tf

from kerasaudio.data.stores.store import FileNotInStoreError, StoreError, denied, file_state
from kerasaudio.errors import UserError

# What TensorFlow adds to a reason.
AROUND = re.compile(r"\{\{function_node .*?\}\} ?:? ?|\s*\[Op:\w+\]|\s*\[\[\{\{node .*", re.DOTALL)
DENIED = (
    tf.errors.PermissionDeniedError,
    tf.errors.UnauthenticatedError,
    tf.errors.FailedPreconditionError,  # how tensorflow-io calls what S3 forbids
)


class TensorFlowStore:
    """A store that TensorFlow reads.

    Args:
        scheme: What its addresses begin with, such as "s3".
    """

    def __init__(self, scheme: str) -> None:
        if scheme != "gs":
            _load_file_systems()

    def state(self, url: str) -> os.stat_result:
        """Returns the size of a file and the time of its last change; see `Store`."""
        found = self._stat(url)
        if found.is_directory:
            raise StoreError(errno.EISDIR, "it is a folder", url)
        return file_state(found.length, found.mtime_nsec)

    def is_folder(self, url: str) -> bool:
        """Returns whether there is a folder; see `Store`."""
        try:
            return self._stat(url).is_directory
        except FileNotInStoreError:
            return False

    def _stat(self, url: str) -> tf.io.gfile.FileStatistics:
        with _told(url):
            try:
                return tf.io.gfile.stat(url)
            except tf.errors.NotFoundError:
                tf.io.read_file(url)  # this tells a file that is not there from a dead server
                raise

    def names(self, url: str) -> list[str]:
        """Returns the names of what is in a folder; see `Store`."""
        with _told(url):
            try:
                found = tf.io.gfile.listdir(url)
            except tf.errors.NotFoundError:
                tf.io.read_file(url)
                raise
        return [name.rstrip("/") for name in found if name.strip("/")]

    def read(self, url: str) -> bytes:
        """Returns a whole file; see `Store`."""
        with _told(url):
            return tf.io.read_file(url).numpy()

    def part(self, url: str, start: int, count: int, size: int) -> bytes:
        """Returns some bytes of a file; see `Store`."""
        with _told(url):
            places = (tf.constant(each, tf.int64) for each in (count, start, size - start - count))
            return _part(tf.constant(url), *places).numpy()


def _record(url: tf.Tensor, count: tf.Tensor, before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
    """One record of `count` bytes: the only reader that asks a store for these bytes alone."""
    record = tf.data.FixedLengthRecordDataset([url], count, before, after, buffer_size=count)
    return record.get_single_element()


# Traced once, before threads ask for it at the same time.
_part = tf.function(_record, autograph=False).get_concrete_function(
    tf.TensorSpec((), tf.string), *3 * [tf.TensorSpec((), tf.int64)]
)


@contextlib.contextmanager
def _told(url: str) -> Iterator[None]:
    """Raises TensorFlow's errors as StoreErrors."""
    try:
        yield
    except tf.errors.NotFoundError as error:
        raise FileNotInStoreError(url) from error
    except DENIED as error:
        raise denied(url) from error
    except tf.errors.UnimplementedError as error:
        scheme = url.partition("://")[0]
        raise UserError(
            f"{scheme}:// needs the package tensorflow-io 0.37.1 and TensorFlow 2.17, which there "
            "are for Python 3.10 to 3.12: install kerasaudio anew with one of these, or use a "
            "folder, gs:// or https://."
        ) from error
    except tf.errors.OpError as error:
        reason = " ".join(AROUND.sub("", error.message).split()).strip(" .:") or "no answer"
        raise StoreError(errno.EIO, f"{reason}; try again", url) from error


@cache
def _load_file_systems() -> None:
    """Gives TensorFlow the file systems of tensorflow-io, where it is installed."""
    os.environ.setdefault("AWS_RETRY_MODE", "standard")  # the old mode waits 50 s for a dead server
    with contextlib.suppress(ImportError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries for video
        import tensorflow_io  # noqa: F401
    library = ctypes.CDLL(None)
    if hasattr(library, "on_exit"):
        # The S3 client's threads outlive what they use: the process would abort while it ends.
        # This ends it with the same exit code once Python has done everything.
        end = ctypes.cast(library._exit, ctypes.c_void_p)
        atexit.register(library.on_exit, end, None)
