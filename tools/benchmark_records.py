"""Measures reading AudioSet's records into batches against TensorFlow's plain chain.

    python tools/benchmark_records.py DATA_ROOT

First reading: files to batches of (512, 10, 128) bytes. Later epochs: the same batches again. The
plain chain reads and parses anew each time. Repeats take turns; the table shows medians. Then the
share of training `linear` for ten epochs that goes by waiting for batches, beyond what fetching one
that is in memory takes.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf
from waiting import share

from kerasaudio.data import embeddings
from kerasaudio.data.rows import Rows
from kerasaudio.experiment import Examples
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble

BATCH, REPEATS, EPOCHS = 512, 7, 10


def plain(files: list[str]) -> tf.data.Dataset:
    """TFRecordDataset -> parse one at a time -> batch."""

    def parse(record: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        context, lists = tf.io.parse_single_sequence_example(
            record,
            {
                "video_id": tf.io.FixedLenFeature([], tf.string),
                "labels": tf.io.VarLenFeature(tf.int64),
            },
            {"audio_embedding": tf.io.FixedLenSequenceFeature([], tf.string)},
        )
        frames = tf.io.decode_raw(lists["audio_embedding"], tf.uint8)
        return context["video_id"], tf.sparse.to_dense(context["labels"]), frames

    shapes = ([], [None], [10, 128])  # what is shorter is filled up
    return tf.data.TFRecordDataset(files).map(parse).padded_batch(BATCH, padded_shapes=shapes)


def count(batches: tf.data.Dataset) -> int:
    """Reads everything; the number of clips."""
    return sum(len(batch[0]) for batch in batches)


def batches(folder: Path) -> tf.data.Dataset:
    """The clips of a folder in batches, as the pipeline has them."""
    clips = embeddings.read_folder(folder, 0.01)
    return pipeline.batches(Examples(tuple(clips.ids), clips.lengths, Rows(clips.frames)), BATCH)


def first_reading(folder: Path) -> int:
    """Nothing decoded before: files to batches."""
    embeddings._decode.cache_clear()
    return count(batches(folder))


def compare(folder: Path) -> None:
    """Prints records a second, by the clock and by the processor's time."""
    files = sorted(str(path) for path in folder.glob("*.tfrecord"))
    kept = batches(folder)
    ways: dict[str, Callable[[], int]] = {
        "plain chain, every epoch": lambda: count(plain(files)),
        "kerasaudio, first reading": lambda: first_reading(folder),
        "kerasaudio, later epochs": lambda: count(kept),
    }
    clips = [work() for work in ways.values()][0]  # tracing, the page cache, the first epoch
    clock: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, work in ways.items():
            before, cpu = time.perf_counter(), time.process_time()
            work()
            clock[name].append(time.perf_counter() - before)
            processor[name].append(time.process_time() - cpu)
    print(f"{len(files)} files, {clips} records, batches of {BATCH}, median of {REPEATS}\n")
    print(f"{'':26} {'seconds':>8} {'records/s':>10} {'ratio':>6} {'CPU s':>7} {'ratio':>6}")
    slow, busy = (statistics.median(next(iter(each.values()))) for each in (clock, processor))
    for name in ways:
        took, used = statistics.median(clock[name]), statistics.median(processor[name])
        print(
            f"{name:26} {took:8.3f} {clips / took:10.0f} {slow / took:6.1f} "
            f"{used:7.3f} {busy / used:6.1f}"
        )


def waiting(root: Path) -> None:
    """The share of training `linear` that goes by until a batch is there."""
    experiment = load("audioset_speech:linear").experiment
    splits = experiment.data.load(root)
    fit = experiment.fit
    batches = pipeline.training_batches(splits.train, fit.batch_size, 0, range(EPOCHS))
    steps = pipeline.steps_per_epoch(splits.train, fit.batch_size)
    waited, _ = share(assemble(experiment, splits.train), batches, steps)
    print(f"\ntraining linear, {EPOCHS} epochs: {waited:.1%} of the time waiting for batches")


if __name__ == "__main__":
    gc.freeze()  # as every command does behind its imports
    keras.utils.set_random_seed(0)
    compare(Path(sys.argv[1]) / "audioset" / "bal_train")
    waiting(Path(sys.argv[1]))
