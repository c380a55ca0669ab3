#!/usr/bin/env python3
"""Measures memory while an epoch of clips goes through the pipeline: flat, however many.

    python tools/memory_of_clips.py [--clips 3000] [--keep FOLDER]

Makes as many stand-in clips (700 kB each), passes over them all once in shuffled batches of ten,
and prints the process's resident memory (Linux) every tenth of the way, and what the clips would
take as float32.
"""

import argparse
import tempfile
from pathlib import Path

from kerasaudio.training.backend import import_keras

import_keras()

from kerasaudio.data.magnatagatune import SAMPLES, MagnaTagATune  # noqa: E402
from kerasaudio.data.standins import magnatagatune_standin  # noqa: E402
from kerasaudio.training import pipeline  # noqa: E402

BATCH = 10


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--clips", type=int, default=3000)
    options.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where the clips stay, or are already"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = chosen.keep or Path(made)
        if not (root / "magnatagatune").is_dir():
            magnatagatune_standin.write(root / "magnatagatune", chosen.clips)
        splits = MagnaTagATune(split="13-3").load(root)
        clips = splits.train + splits.test
        steps = pipeline.steps_per_epoch(clips, BATCH)
        print(
            f"{len(clips)} clips, {len(clips) * SAMPLES * 4 / 1e9:.2f} GB as float32; "
            f"at first {resident():.0f} MB"
        )
        for step, _ in enumerate(pipeline.training_batches(clips, BATCH, 0, range(1)), start=1):
            if step % max(steps // 10, 1) == 0:
                print(f"after {step * BATCH:5} clips {resident():6.0f} MB")


def resident():
    """Of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
