#!/usr/bin/env python3
"""Measures reading .npy clips into batches against numpy.load in a PyTorch DataLoader.

    python tools/benchmark_clips.py --torch VENV/bin/python [--data ROOT] [--clips 400]

VENV is any environment that has torch and numpy. Both read the same files, shuffled, scale them to
[-1, 1] in float32 and give batches of ten with their fifty tags; the loop runs in one process and,
again, with two workers. Each takes its turn in a process of its own, in every round; a process
passes over the clips once unmeasured and then several times measured. Prints clips per second
(medians of the rounds) and the ratios. Without --data, stand-in clips are made.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

BATCH, PASSES = 10, 5
LOWEST, HIGHEST = -32_768, 32_767


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--torch", type=Path, metavar="PYTHON", required=True)
    options.add_argument("--data", type=Path)
    options.add_argument("--clips", type=int, default=400)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--part", choices=("pipeline", "loop"), help=argparse.SUPPRESS)
    options.add_argument("--workers", type=int, default=0, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.part:
        print(json.dumps({"pipeline": pipeline, "loop": loop}[chosen.part](chosen)))
        return
    with tempfile.TemporaryDirectory() as made:
        if not chosen.data:
            from kerasaudio.data.standins import magnatagatune_standin

            magnatagatune_standin.write(Path(made) / "magnatagatune", chosen.clips * 4 // 3)
            chosen.data = Path(made)
        rounds = [measured(chosen) for _ in range(chosen.rounds)]
    own = median(each["pipeline"] for each in rounds)
    print(f"pipeline                {own:6.0f} clips/s")
    for name in ("loop", "loop, two workers"):
        other = median(each[name] for each in rounds)
        print(f"{name:23} {other:6.0f} clips/s, ratio {own / other:.2f}")


def measured(chosen):
    """Clips per second of each way, one after the other."""
    return {
        "pipeline": part(Path(sys.executable), chosen, "pipeline", 0),
        "loop": part(chosen.torch, chosen, "loop", 0),
        "loop, two workers": part(chosen.torch, chosen, "loop", 2),
    }


def part(python, chosen, name, workers):
    arguments = ["--torch", chosen.torch, "--data", chosen.data, "--clips", chosen.clips]
    done = subprocess.run(
        [python, __file__, *map(str, arguments), "--part", name, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def pipeline(chosen):
    from dataclasses import replace

    from kerasaudio.data.magnatagatune import MagnaTagATune
    from kerasaudio.training import pipeline

    train = MagnaTagATune(partial=True).load(chosen.data).train
    n = min(chosen.clips, len(train))
    inputs = replace(train.inputs, files=train.inputs.files[:n])
    some = replace(train, ids=train.ids[:n], targets=train.targets[:n], inputs=inputs)

    batches = iter(pipeline.training_batches(some, BATCH, 0, range(PASSES + 1)))

    def once():
        for _ in range(pipeline.steps_per_epoch(some, BATCH)):
            inputs, _ = next(batches)
            assert inputs.shape[1] == 349_500

    return rate(once, n)


def loop(chosen):
    import numpy as np
    import torch

    torch.set_num_threads(1)
    paths = sorted((chosen.data / "magnatagatune").glob("[0-9ab]/*.npy"))[: chosen.clips]
    tags = torch.zeros(len(paths), 50)

    class Clips(torch.utils.data.Dataset):
        def __len__(self):
            return len(paths)

        def __getitem__(self, index):
            samples = np.load(paths[index]).astype(np.float32)
            return torch.from_numpy(2 * (samples - LOWEST) / (HIGHEST - LOWEST) - 1), tags[index]

    loader = torch.utils.data.DataLoader(
        Clips(),
        BATCH,
        shuffle=True,
        num_workers=chosen.workers,
        persistent_workers=bool(chosen.workers),
    )

    def once():
        for inputs, _ in loader:
            assert inputs.shape[-1] == 34_950

    return rate(once, len(paths))


def rate(once, clips):
    once()
    started = time.perf_counter()
    for _ in range(PASSES):
        once()
    return PASSES * clips / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
