"""Measures reading AudioSet's records into batches against two native chains of TensorFlow.

    python tools/benchmark_records.py DATA_ROOT [--turns 7]

Three sets: balanced-train as it is published, the same records in 16 files, and 20 times the
records in 16 files. First reading: files to batches of (512, 10, 128) bytes, in memory or
streaming. Later epochs: the same batches again. The plain chains read and parse anew each time;
the batched one leaves frames as strings. Ways take turns; the table shows medians, ratios to the
batched chain, and the most memory that a way took beyond what the process had before it (Linux).
Then the share of training `linear` for ten epochs that goes by waiting for batches, beyond what
fetching one that is in memory takes.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf
from repeated_records import repeat
from waiting import share

from kerasaudio.data.audioset_parts import frame_inputs
from kerasaudio.data.records import embedding_folder
from kerasaudio.data.records.embeddings import CONTEXT, SEQUENCE
from kerasaudio.experiment import Examples
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble

BATCH, TURNS, EPOCHS, PARSED = 512, 7, 10, 1024
RIVAL = "batched parsing, native"


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


def batched(files: list[str]) -> tf.data.Dataset:
    """TFRecordDataset with a large buffer -> batch -> parse; the strongest plain chain."""

    def parse(records: tf.Tensor) -> tuple[tf.Tensor, ...]:
        context, lists, _ = tf.io.parse_sequence_example(records, CONTEXT, SEQUENCE)
        labels = context["labels"]
        return context["video_id"], labels.values, labels.row_splits, lists["audio_embedding"]

    records = tf.data.TFRecordDataset(files, buffer_size=65_536)
    return records.batch(PARSED).map(parse).prefetch(2)


def count(batches: tf.data.Dataset) -> int:
    """Reads everything; the number of clips."""
    return sum(len(batch[0]) for batch in batches)


def batches(folder: Path, in_memory: bool) -> tf.data.Dataset:
    """The clips of a folder in batches, as the pipeline has them."""
    clips = embedding_folder.read_folder(folder, 0.01, in_memory)
    inputs = frame_inputs(clips.frames)
    return pipeline.batches(Examples(tuple(clips.ids), clips.lengths, inputs), BATCH)


def first_reading(folder: Path, in_memory: bool = True, walked: bool | None = None) -> int:
    """Nothing decoded before: files to batches; `walked` overrides what kerasaudio would choose."""
    embedding_folder._read.cache_clear()
    usual = embedding_folder.walking_is_faster
    if walked is not None:
        embedding_folder.walking_is_faster = lambda files: walked
    try:
        return count(batches(folder, in_memory))
    finally:
        embedding_folder.walking_is_faster = usual


def ways(folder: Path, one_by_one: bool) -> dict[str, Callable[[], int]]:
    """What is compared, by name."""
    files = sorted(str(path) for path in folder.glob("*.tfrecord"))
    found: dict[str, Callable[[], int]] = {RIVAL: lambda: count(batched(files))}
    if one_by_one:
        found["one by one, native"] = lambda: count(plain(files))
    kept, streaming = batches(folder, True), batches(folder, False)
    return found | {
        "kerasaudio, first reading": lambda: first_reading(folder),
        "  the same, all walked": lambda: first_reading(folder, walked=True),
        "  the same, all natively": lambda: first_reading(folder, walked=False),
        "  the same, streaming": lambda: first_reading(folder, in_memory=False),
        "later epochs, in memory": lambda: count(kept),
        "later epochs, streaming": lambda: count(streaming),
    }


def compare(title: str, folder: Path, turns: int, one_by_one: bool) -> None:
    """Prints records a second, by the clock and by the processor's time, and memory."""
    compared = ways(folder, one_by_one)
    clips = compared["later epochs, in memory"]()
    clock: dict[str, list[float]] = {name: [] for name in compared}
    processor: dict[str, list[float]] = {name: [] for name in compared}
    memory: dict[str, list[float]] = {name: [] for name in compared}
    for turn in range(turns + 1):
        for name, work in compared.items():
            embedding_folder._read.cache_clear()
            at_first = forget_peak()
            before, cpu = time.perf_counter(), time.process_time()
            work()
            if turn:  # the first one traces and fills the page cache
                clock[name].append(time.perf_counter() - before)
                processor[name].append(time.process_time() - cpu)
                memory[name].append(peak() - at_first)
    print(f"\n{title}: {clips} records, batches of {BATCH}, median of {turns}\n")
    heads = ("seconds", 8), ("records/s", 10), ("ratio", 6), ("CPU s", 7), ("ratio", 6), ("MB", 6)
    print(" " * 26, *(f"{head:>{width}}" for head, width in heads))
    slow, busy = (statistics.median(each[RIVAL]) for each in (clock, processor))
    for name in compared:
        took, used = statistics.median(clock[name]), statistics.median(processor[name])
        print(
            f"{name:26} {took:8.3f} {clips / took:10.0f} {slow / took:6.2f} "
            f"{used:7.3f} {busy / used:6.2f} {statistics.median(memory[name]):6.0f}",
            flush=True,
        )


def forget_peak() -> float:
    """Resets the process's peak of resident memory; returns the memory now, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> float:
    """The peak of resident memory, in MB."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


def waiting(root: Path) -> None:
    """Prints the share of training `linear` that goes by until a batch is there."""
    experiment = load("audioset_speech:linear").experiment
    splits = experiment.data.load(root)
    fit = experiment.fit
    batches = pipeline.training_batches(splits.train, fit.batch_size, 0, range(EPOCHS))
    steps = pipeline.steps_per_epoch(splits.train, fit.batch_size)
    waited, _ = share(assemble(experiment, splits.train), batches, steps)
    print(f"\ntraining linear, {EPOCHS} epochs: {waited:.1%} of the time waiting for batches")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("root", type=Path)
    options.add_argument("--turns", type=int, default=TURNS)
    chosen = options.parse_args()
    gc.freeze()  # as every command does behind its imports
    keras.utils.set_random_seed(0)
    published = chosen.root / "audioset" / "bal_train"
    compare("as published, 4,070 files", published, chosen.turns, one_by_one=True)
    with tempfile.TemporaryDirectory() as made:
        for times in (1, 20):
            folder = repeat(chosen.root, Path(made) / str(times), times, 16)
            compare(f"{times} x in 16 files", folder, chosen.turns, one_by_one=False)
    waiting(chosen.root)


if __name__ == "__main__":
    main()
