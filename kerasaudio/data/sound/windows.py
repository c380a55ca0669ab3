"""Windows of sound files: cut after the files are split, read when a batch needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import tensorflow as tf

from kerasaudio.data.host import on_host
from kerasaudio.data.parallel import THREADS, at_once
from kerasaudio.data.sound.decoded import Decoded
from kerasaudio.data.sound.read import READ_AT_ONCE, read_windows
from kerasaudio.data.sound.wav import PCM, Kind, Wav, parse, read_numbers
from kerasaudio.data.stores.stores import in_flight
from kerasaudio.experiment.examples import Examples

Short = Literal["repeat", "pad"]


class Place(NamedTuple):
    """Where a window lies in a file.

    Args:
        path: The file.
        start: First sample, at the data set's sampling rate.
        samples: Number of samples that are read; where the window is longer, it is filled up.
    """

    path: Path
    start: int
    samples: int


@dataclass(frozen=True)
class Window:
    """A part of one clip.

    Args:
        clip: Name of the clip.
        number: Number of the window within the clip, from 0.
        path: The clip's file.
        target: Label number, or 0 or 1 for each label.
        start: First sample, at the data set's sampling rate.
        samples: Number of samples that the clip has for it, `None` for as many as it is long.
    """

    clip: str
    number: int
    path: Path
    target: int | tuple[int, ...]
    start: int
    samples: int | None = None

    @property
    def id(self) -> str:
        """A name that no other window has."""
        return f"{self.clip}#{self.number}"


@dataclass(frozen=True, eq=False)
class WindowFiles:
    """Inputs that are windows of files, in order.

    Of a WAV file of plain numbers at the right rate only the window's bytes are read, and decoded
    inside tf.data. libsndfile reads all others. In order, at most 32 windows come in a batch: more
    would not fit into memory as spectrograms.

    Args:
        places: Where each window lies.
        rate: Sampling rate in Hz that the sound is converted to.
        samples: Length of a window; the shape of an input is `(samples,)`.
        short: How a window is filled up that a clip is too short for: the clip is repeated, or
            silence follows it.
    """

    places: tuple[Place, ...]
    rate: int
    samples: int
    short: Short = "repeat"

    def __len__(self) -> int:
        return len(self.places)

    def __add__(self, other: WindowFiles) -> WindowFiles:
        return replace(self, places=self.places + other.places)

    def read(self, places: Sequence[Place]) -> np.ndarray:
        """Returns windows of one file, float32 of shape `(windows, samples)`.

        Raises:
            UserError: If the file cannot be read; see `read.read_windows`.
        """
        path, parts = places[0].path, [place[1:] for place in places]
        return np.stack([self._whole(part) for part in read_windows(path, self.rate, parts)])

    def described(self, places: Sequence[Place]) -> str:
        """Returns all that decides what `read` returns for a file, besides its content and rate."""
        starts = [
            place.start
            if place.samples == self.samples
            else (place.start, place.samples, self.short)
            for place in places
        ]
        return str(starts)

    def without_files(self) -> WindowFiles:
        """Returns inputs that read files in the same way, but have none."""
        return replace(self, places=())

    def _whole(self, part: np.ndarray) -> np.ndarray:
        window = np.empty(self.samples, np.float32)
        window[: len(part)] = part
        self._fill_up(window, len(part))
        return window

    def _fill_up(self, numbers: np.ndarray, known: int) -> None:
        """Fills an array whose first `known` numbers are the clip's."""
        rest = len(numbers) - known
        numbers[known:] = np.resize(numbers[:known], rest) if self.short == "repeat" else 0

    def batches(
        self, numbers: tf.data.Dataset | None, targets: np.ndarray, batch_size: int
    ) -> tf.data.Dataset:
        """Returns batches of inputs with their targets; see `kerasaudio.experiment.Inputs`."""
        if numbers is None:
            numbers = tf.data.Dataset.range(len(self))
            batch_size = min(batch_size, READ_AT_ONCE)
        truth, windows = on_host(targets), self._reader()

        def read(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return windows(rows), tf.gather(truth, rows)

        # From a store, the windows of one batch are read at the same time.
        parallel = THREADS if self._in_flight == 1 else 1
        return numbers.batch(batch_size).map(read, num_parallel_calls=parallel).prefetch(1)

    @property
    def _in_flight(self) -> int:
        return in_flight(place.path for place in self.places)

    @cached_property
    def _wavs(self) -> dict[Path, Wav | None]:
        """The header of each file, parsed once; `None` for what libsndfile has to read."""
        paths = list({place.path: None for place in self.places})
        found = dict(zip(paths, at_once(parse, paths, self._in_flight), strict=True))
        return {path: wav if wav and wav.rate == self.rate else None for path, wav in found.items()}

    def _reader(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """A function for tf.data from windows' numbers to the windows; files may differ in kind."""
        wavs = (self._wavs[place.path] for place in self.places)
        each = [wav.kind if wav else None for wav in wavs]
        kinds = list(dict.fromkeys(each))
        if len(kinds) == 1:
            return partial(self._windows, kinds[0])
        numbered = {kind: number for number, kind in enumerate(kinds)}
        kind_of = on_host(np.array([numbered[kind] for kind in each], np.int32))

        def read(rows: tf.Tensor) -> tf.Tensor:
            found = tf.gather(kind_of, rows)
            places = [tf.where(found == number)[:, 0] for number in range(len(kinds))]
            parts = [
                self._windows(kind, tf.gather(rows, place))
                for kind, place in zip(kinds, places, strict=True)
            ]
            return tf.dynamic_stitch([tf.cast(place, tf.int32) for place in places], parts)

        return read

    def _windows(self, kind: Kind | None, rows: tf.Tensor) -> tf.Tensor:
        """(windows, samples) of files of one kind."""
        if kind is None:
            found = tf.numpy_function(self._decoded, (rows,), tf.float32, stateful=False)
            return tf.ensure_shape(found, (None, self.samples))
        raw = tf.numpy_function(partial(self._raw, kind), (rows,), kind.type, stateful=False)
        raw = tf.ensure_shape(raw, (None, self.samples * kind.channels))
        return _decode(raw, kind, self.samples)

    def _decoded(self, rows: np.ndarray) -> np.ndarray:
        found = np.empty((len(rows), self.samples), np.float32)

        def fill(number: int) -> None:
            place = self.places[rows[number]]
            part = self._known.part(*place)
            found[number] = self.read([place])[0] if part is None else self._whole(part)

        at_once(fill, range(len(rows)), self._in_flight)
        return found

    @cached_property
    def _known(self) -> Decoded:
        return Decoded(self.rate)

    def _raw(self, kind: Kind, rows: np.ndarray) -> np.ndarray:
        """Numbers as they lie in the files.

        TensorFlow's own operations take about twice the processor time: they read the whole file,
        or make a data set for each window (`tools/benchmark_decoding.py`).
        """
        found = np.empty((len(rows), self.samples * kind.channels), kind.type)

        def fill(number: int) -> None:
            path, start, samples = self.places[rows[number]]
            wav, known = self._wavs[path], samples * kind.channels
            assert wav is not None  # as of every file that has a kind
            read_numbers(path, wav, start, found[number, :known])
            self._fill_up(found[number], known)

        at_once(fill, range(len(rows)), self._in_flight)
        return found


def _decode(raw: tf.Tensor, kind: Kind, samples: int) -> tf.Tensor:
    """(windows, samples) on libsndfile's scale, the mean of the channels."""
    found = tf.cast(raw, tf.float32)
    if kind.tag == PCM:
        found *= 2.0**-15 if kind.width == 2 else 2.0**-31
    if kind.channels > 1:
        each = tf.unstack(tf.reshape(found, (-1, samples, kind.channels)), axis=-1)
        found = tf.add_n(each) / kind.channels
    return found


def examples(
    windows: Sequence[Window], rate: int, samples: int, short: Short = "repeat"
) -> Examples:
    """Returns windows as examples, in order.

    Args:
        windows: The windows.
        rate: Sampling rate in Hz that the sound is converted to.
        samples: Length of a window; the shape of an input is `(samples,)`.
        short: How windows are filled up that a clip is too short for; see `WindowFiles`.
    """
    places = (Place(each.path, each.start, each.samples or samples) for each in windows)
    return Examples(
        ids=tuple(window.id for window in windows),
        targets=np.array([window.target for window in windows], dtype=np.int32),
        inputs=WindowFiles(tuple(places), rate, samples, short),
        clips=tuple(window.clip for window in windows),
    )
