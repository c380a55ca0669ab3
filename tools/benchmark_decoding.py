"""Measures decoding of plain 16-bit WAV files in tf.data by four readers.

    python tools/benchmark_decoding.py --data ROOT      (default: stand-in clips)

Clips per second and milliseconds of processor time a clip, medians of rounds in turns: of decoding
alone, and of decoding and log-mel, which is what the cache is filled by, once. tensorflow-io is
left out where it is not installed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from kerasaudio.training.backend import import_keras

import_keras()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from kerasaudio.data.clips import find  # noqa: E402
from kerasaudio.data.gtzan import GENRES  # noqa: E402
from kerasaudio.data.gtzan_audio import GtzanAudio  # noqa: E402
from kerasaudio.data.read import read_window  # noqa: E402
from kerasaudio.frontends.log_mel import LogMel  # noqa: E402

RATE, SAMPLES, WINDOWS = 22_050, 77_823, 8  # of the experiments on 152 frames


def ways(paths: list[str]) -> dict[str, tf.data.Dataset]:
    """Datasets of (8, samples), a clip an element."""

    def by_window(name: bytes) -> np.ndarray:
        starts = range(0, SAMPLES * WINDOWS, SAMPLES)
        return np.stack([read_window(Path(name.decode()), RATE, at, SAMPLES) for at in starts])

    def whole(name: bytes) -> np.ndarray:
        return read_window(Path(name.decode()), RATE, 0, SAMPLES * WINDOWS)

    decoders: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
        "soundfile, by window": lambda path: tf.numpy_function(by_window, (path,), tf.float32),
        "soundfile, whole": lambda path: tf.numpy_function(whole, (path,), tf.float32),
        "tf.audio.decode_wav": lambda path: tf.audio.decode_wav(tf.io.read_file(path), 1)[0],
    }
    try:
        import tensorflow_io as tfio

        def decode(path: tf.Tensor) -> tf.Tensor:
            return (
                tf.cast(tfio.audio.decode_wav(tf.io.read_file(path), dtype=tf.int16), tf.float32)
                / 32768
            )

        decode(tf.constant(paths[0]))
        decoders["tensorflow-io"] = decode
    except (ImportError, NotImplementedError) as reason:
        print(f"tensorflow-io is left out: {reason}")

    def cut(decode: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
        return lambda path: tf.reshape(
            tf.reshape(decode(path), [-1])[: WINDOWS * SAMPLES], (WINDOWS, SAMPLES)
        )

    files = tf.data.Dataset.from_tensor_slices(paths)
    return {
        name: files.map(cut(decode), num_parallel_calls=2).prefetch(2)
        for name, decode in decoders.items()
    }


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = chosen.data or Path(made)
        if not chosen.data:
            GtzanAudio().write_standin(root)
        clips = find(root / "gtzan" / "genres_original", GENRES, RATE, SAMPLES * WINDOWS).clips[:40]
        compare([str(clip.path) for clip in clips], chosen.rounds)


def compare(paths: list[str], rounds: int) -> None:
    inputs = keras.Input((SAMPLES,))
    model = tf.function(keras.Model(inputs, LogMel()(inputs, RATE)))
    found = ways(paths)
    first = next(iter(found.values()))
    expected = np.concatenate(list(first.as_numpy_iterator()))
    model(expected[:WINDOWS])
    print(f"{len(paths)} clips, {rounds} rounds{'':16}{'decoding':>20}{'and log-mel':>28}")
    print(f"{'':24}{'difference':>12}{'clips/s':>10}{'CPU ms':>9}{'clips/s':>16}{'CPU ms':>9}")
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
            f"{name:24}{difference:12.1g}{1 / wall:10.0f}{1000 * cpu:9.2f}"
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
