#!/usr/bin/env python3
"""Reads the same data sets from a disk and from a store, in turns.

    python tools/benchmark_stores.py ROOT s3://bucket/root

Both roots hold the same files; credentials and endpoint of the store are in the environment, as for
training. Sets that are not there are left out.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kerasaudio.data.audioset import AudioSetTarget
from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.data.records import embedding_folder
from kerasaudio.data.stores.stores import Requests, data_path
from kerasaudio.training import pipeline

ROUNDS = 3


def records(root: Path) -> Callable[[], object]:
    data = AudioSetTarget()

    def load() -> None:
        embedding_folder._read.cache_clear()
        data.load(root)

    return load


def clips(root: Path) -> Callable[[], object]:
    data = GtzanAudio(partial=True, max_bad_files=0.9).with_facts(root)
    return lambda: data.load(root)


def windows(root: Path) -> Callable[[], object]:
    data = GtzanAudio(partial=True, max_bad_files=0.9).with_facts(root)
    train = data.load(root).train
    return lambda: sum(len(batch) for batch, _ in pipeline.batches(train, 32))


def main() -> None:
    roots = [data_path(text) for text in sys.argv[1:3]]
    jobs = {"records": ("audioset", records)}
    jobs |= {"whole clips": ("gtzan", clips), "windows": ("gtzan", windows)}
    print(f"{Requests.limit} requests in flight; medians of {ROUNDS} rounds in turns")
    for name, (folder, prepare) in jobs.items():
        if not (roots[0] / folder).is_dir():
            continue
        chosen, seconds = [prepare(root) for root in roots], ([], [])
        for _ in range(ROUNDS):
            for job, found in zip(chosen, seconds, strict=True):
                started = time.perf_counter()
                job()
                found.append(time.perf_counter() - started)
        disk, store = map(statistics.median, seconds)
        print(f"{name:12} disk {disk:7.3f} s  store {store:7.3f} s  {store / disk:6.1f} x")


if __name__ == "__main__":
    main()
