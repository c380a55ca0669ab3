"""Measures ways to decode plain 16-bit WAV files in tf.data, against soundfile in numpy_function.

    python tools/benchmark_decoding.py --data ROOT      (default: stand-in clips)

Clips per second and milliseconds of processor time a clip of 8 windows, medians of rounds in turns:
of decoding alone, and of decoding and log-mel, which is what the cache is filled by, once. "whole"
reads each file once, "by window" once for each window, as batches of shuffled windows have to.
tensorflow-io is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from kerasaudio.training.backend import import_keras

import_keras()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from sound_clips import clip_paths  # noqa: E402

from kerasaudio.data.gtzan_audio import RATE  # noqa: E402
from kerasaudio.data.sound.read import read_windows  # noqa: E402
from kerasaudio.data.sound.wav import PCM, parse  # noqa: E402
from kerasaudio.data.sound.windows import Place, WindowFiles  # noqa: E402
from kerasaudio.frontends.log_mel import LogMel  # noqa: E402

SAMPLES, WINDOWS = 77_823, 8  # of the experiments on 152 frames
STARTS = range(0, SAMPLES * WINDOWS, SAMPLES)
HEAD = 44  # bytes before the samples

Decoder = Callable[[tf.Tensor], tf.Tensor]


def ways(paths: list[str]) -> dict[str, tf.data.Dataset]:
    """Returns data sets of (8, samples), a clip an element; the first one is the reader before."""
    files = tf.data.Dataset.from_tensor_slices(paths)
    found = {
        name: files.map(cut(decode), num_parallel_calls=os.cpu_count()).prefetch(2)
        for name, decode in {**soundfiles(), **natives(), **tensorflow_io(paths[0])}.items()
    }
    found |= {**natives_by_window(paths), "kerasaudio, by window": ours(paths)}
    options = tf.data.Options()
    options.autotune.enabled = False  # as in training
    return {name: batches.with_options(options) for name, batches in found.items()}


def soundfiles() -> dict[str, Decoder]:
    def by_window(name: bytes) -> np.ndarray:
        return np.stack(
            [read_windows(Path(name.decode()), RATE, [(at, SAMPLES)])[0] for at in STARTS]
        )

    def whole(name: bytes) -> np.ndarray:
        return read_windows(Path(name.decode()), RATE, [(0, SAMPLES * WINDOWS)])[0]

    return {
        "soundfile, by window": lambda path: tf.numpy_function(by_window, (path,), tf.float32),
        "soundfile, whole": lambda path: tf.numpy_function(whole, (path,), tf.float32),
    }


def natives() -> dict[str, Decoder]:
    """Returns TensorFlow's own readers of whole files."""
    return {
        "tf.audio.decode_wav, whole": lambda path: tf.audio.decode_wav(tf.io.read_file(path), 1)[0],
        "decode_raw, whole": lambda path: raw(tf.strings.substr(tf.io.read_file(path), HEAD, -1)),
    }


def raw(content: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.io.decode_raw(content, tf.int16), tf.float32) / 32_768


def natives_by_window(paths: list[str]) -> dict[str, tf.data.Dataset]:
    """Returns TensorFlow's readers of a window: of the whole file's bytes, or of a record."""
    length = 2 * SAMPLES
    files = [(path, at, Path(path).stat().st_size) for path in paths for at in STARTS]
    windows = tf.data.Dataset.from_tensor_slices(tuple(map(list, zip(*files, strict=True))))

    def part(path: tf.Tensor, at: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        return tf.strings.substr(tf.io.read_file(path), HEAD + 2 * at, length)

    def record(path: tf.Tensor, at: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        before = tf.cast(HEAD + 2 * at, tf.int64)
        rest = tf.cast(size, tf.int64) - before - length
        found = tf.data.FixedLengthRecordDataset(path, length, before, rest, 4096)
        return found.get_single_element()

    return {
        f"{name}, by window": windows.map(
            lambda *place, read=read: tf.ensure_shape(raw(read(*place)), (SAMPLES,)),
            num_parallel_calls=os.cpu_count(),
        )
        .batch(WINDOWS)
        .prefetch(2)
        for name, read in {"decode_raw": part, "FixedLengthRecord": record}.items()
    }


def tensorflow_io(path: str) -> dict[str, Decoder]:
    try:
        import tensorflow_io as tfio

        def decode(path: tf.Tensor) -> tf.Tensor:
            samples = tfio.audio.decode_wav(tf.io.read_file(path), dtype=tf.int16)
            return tf.cast(samples, tf.float32) / 32_768

        decode(tf.constant(path))
    except (ImportError, NotImplementedError) as reason:
        print(f"tensorflow-io is left out: {reason}")
        return {}
    return {"tensorflow-io, whole": decode}


def cut(decode: Decoder) -> Decoder:
    """Returns a decoder of the clip's eight windows."""
    return lambda path: tf.reshape(
        tf.reshape(decode(path), [-1])[: WINDOWS * SAMPLES], (WINDOWS, SAMPLES)
    )


def ours(paths: list[str]) -> tf.data.Dataset:
    windows = WindowFiles(
        tuple(Place(Path(path), at, SAMPLES) for path in paths for at in STARTS), RATE, SAMPLES
    )
    numbers = tf.data.Dataset.range(len(windows))
    return windows.batches(numbers, np.zeros(len(windows)), WINDOWS).map(lambda sound, _: sound)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    with clip_paths(chosen.data, SAMPLES * WINDOWS) as paths:
        compare([path for path in paths if is_plain(path)], chosen.rounds)


def is_plain(path: str) -> bool:
    """Returns whether a file is 16-bit WAV of one channel whose samples begin at byte 44."""
    wav = parse(Path(path))
    return wav is not None and wav.kind == (PCM, 2, 1) and len(wav.head) == HEAD


def compare(paths: list[str], rounds: int) -> None:
    inputs = keras.Input((SAMPLES,))
    model = tf.function(keras.Model(inputs, LogMel()(inputs, RATE)))
    found = ways(paths)
    first = next(iter(found.values()))
    expected = np.concatenate(list(first.as_numpy_iterator()))
    model(expected[:WINDOWS])
    print(f"{len(paths)} clips, {rounds} rounds{'':16}{'decoding':>20}{'and log-mel':>28}")
    print(f"{'':26}{'difference':>10}{'clips/s':>10}{'CPU ms':>9}{'clips/s':>16}{'CPU ms':>9}")
    figures: dict[str, list[tuple[float, ...]]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, batches in found.items():
            figures[name].append((*clocked(batches, None), *clocked(batches, model)))
    for name, batches in found.items():
        difference = np.abs(np.concatenate(list(batches.as_numpy_iterator())) - expected).max()
        wall, cpu, both, both_cpu = (
            median(each) / len(paths) for each in zip(*figures[name], strict=True)
        )
        print(
            f"{name:26}{difference:10.1g}{1 / wall:10.0f}{1000 * cpu:9.2f}"
            f"{1 / both:16.1f}{1000 * both_cpu:9.2f}"
        )


def clocked(
    batches: tf.data.Dataset, model: Callable[[tf.Tensor], tf.Tensor] | None
) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    started, used = time.perf_counter(), time.process_time()
    for batch in batches:
        if model:
            model(batch)
    return time.perf_counter() - started, time.process_time() - used


if __name__ == "__main__":
    main()
