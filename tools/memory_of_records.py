#!/usr/bin/env python3
"""Measures memory while epochs of AudioSet's records stream through the pipeline: flat.

    python tools/memory_of_records.py ROOT [--times 20] [--files 16] [--tags] [--keep FOLDER]

Repeats balanced-train into larger files (see repeated_records.py), loads them without keeping the
frames in memory, passes twice over all training examples in shuffled batches of 512, and prints
the process's resident memory (Linux) every tenth of the way, its peak, and what the frames would
take in memory.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from memory_of_clips import resident
from repeated_records import repeat

from kerasaudio.data.audioset import AudioSetTags, AudioSetTarget
from kerasaudio.data.records.embeddings import BANDS, FRAMES
from kerasaudio.training import pipeline

BATCH, EPOCHS = 512, 2


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("root", type=Path)
    options.add_argument("--times", type=int, default=20)
    options.add_argument("--files", type=int, default=16)
    options.add_argument("--tags", action="store_true", help="all 527 labels instead of one")
    options.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where the files stay, or are already"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = chosen.keep or Path(made)
        if not (root / "audioset").is_dir():
            repeat(chosen.root, root, chosen.times, chosen.files)
        print(f"{resident():.0f} MB at first")
        measure(AudioSetTags if chosen.tags else AudioSetTarget, root)


def measure(data: type[AudioSetTags] | type[AudioSetTarget], root: Path) -> None:
    """Prints the memory on the way through all examples of the training split."""
    started = time.perf_counter()
    # Hardly any validation: the epoch is to be as long as it can be.
    train = data(in_memory="never", validation=0.002).load(root).train
    took, whole = time.perf_counter() - started, len(train) * FRAMES * BANDS / 1e6
    print(f"{resident():.0f} MB with {len(train)} clips, {whole:.0f} MB of frames; {took:.1f} s")
    steps = pipeline.steps_per_epoch(train, BATCH)
    for step, _ in enumerate(pipeline.training_batches(train, BATCH, 0, range(EPOCHS)), start=1):
        if step % max(steps // 10, 1) == 0:
            took = time.perf_counter() - started
            print(f"after {step * BATCH:7} clips {resident():6.0f} MB; {took:.1f} s")
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
