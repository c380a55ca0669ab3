"""Measures the 21 networks of genres from sound: weights, step times, and learning by heart.

    python tools/benchmark_networks.py --data ROOT [--only gtzan_cnn1d:gap,...]
    python tools/benchmark_networks.py --data ROOT --waiting
    python tools/benchmark_networks.py --data ROOT --reading

An epoch is that of the 443 training clips of the filtered split, extrapolated from the median of a
few steps on one cached batch. By heart: steps on 16 fixed windows, with dropout and the
experiment's own optimizer, until the loss is below 0.05, at most 200; "not 200" means that it was
above that in all 200. --waiting: the share of an epoch from the cache that goes by until a batch is
there. --reading: windows a second of the cache's readers, without training. Without --data,
stand-in clips.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

FAMILIES = ("gtzan_cnn1d", "gtzan_sample_cnn", "gtzan_cnn2d", "gtzan_rcnn")
CLIPS = 443  # of the filtered split's training
WINDOWS, STEPS, NEAR_ZERO = 16, 200, 0.05


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path)
    options.add_argument("--only", metavar="NAMES")
    options.add_argument(
        "--minutes", type=float, default=30, help="of learning by heart a network (%(default)s)"
    )
    options.add_argument("--waiting", action="store_true")
    options.add_argument("--reading", action="store_true")
    chosen = options.parse_args()
    from kerasaudio.training.backend import import_keras

    import_keras()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the start")
    with tempfile.TemporaryDirectory() as made:
        root = chosen.data or standin(Path(made))
        if chosen.waiting:
            wait(root, Path(made))
        elif chosen.reading:
            from cached_epochs import compare

            compare(opened("gtzan_cnn1d:gap", root, Path(made))[0], root, Path(made))
        else:
            table(root, Path(made), chosen)


def standin(folder: Path) -> Path:
    from kerasaudio.data.gtzan_audio import GtzanAudio
    from kerasaudio.data.standins import standin

    standin.write_marker(folder)
    GtzanAudio().write_standin(folder)
    return folder


def opened(name: str, root: Path, folder: Path) -> tuple[Any, Any]:
    """The experiment on the clips that are there, and its splits with a cache in `folder`."""
    from kerasaudio.experiment import with_facts
    from kerasaudio.experiment.catalogue import load
    from kerasaudio.experiment.overrides import override
    from kerasaudio.training.cache import Cache
    from kerasaudio.training.precompute import load_splits

    experiment = override(load(name).experiment, "data.partial=True")
    experiment = with_facts(experiment, root)
    return experiment, load_splits(experiment, root, Cache(folder / "cache", 10**10))


def table(root: Path, folder: Path, chosen: argparse.Namespace) -> None:
    from kerasaudio.experiment.catalogue import names

    every = [
        name for name in names() if name.startswith(tuple(f"{family}:" for family in FAMILIES))
    ]
    print(
        f"{'network':26}{'weights':>12}{'batch':>7}{'s a step':>10}{'s an epoch':>12}"
        f"{'by heart':>10}{'loss':>9}"
    )
    for name in chosen.only.split(",") if chosen.only else every:
        print(row(name, root, folder, 60 * chosen.minutes), flush=True)


def row(name: str, root: Path, folder: Path, limit: float) -> str:
    import keras

    from kerasaudio.training import pipeline
    from kerasaudio.training.assemble import assemble, trainable_part

    experiment, splits = opened(name, root, folder)
    size = experiment.fit.batch_size
    model = trainable_part(assemble(experiment, splits.train), splits.train)
    weights = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    few = next(iter(pipeline.training_batches(splits.train, WINDOWS, 0, range(1))))
    losses = by_heart(model, few, limit)
    batch = next(iter(pipeline.training_batches(splits.train, size, 0, range(1))))
    step = median(step_seconds(model, batch, 5))
    epoch = step * -(-CLIPS * experiment.data.windows // size)
    learned = f"{'' if losses[-1] < NEAR_ZERO else 'not '}{len(losses)}"
    keras.backend.clear_session(free_memory=True)
    return f"{name:26}{weights:12,}{size:7}{step:10.3f}{epoch:12.0f}{learned:>10}{min(losses):9.4f}"


def by_heart(model: Any, batch: Any, limit: float) -> list[float]:
    """The losses of the steps on one batch, until one is near zero or `limit` seconds are over."""
    losses: list[float] = []
    end = time.monotonic() + limit
    while (
        len(losses) < STEPS and time.monotonic() < end and (not losses or losses[-1] >= NEAR_ZERO)
    ):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(*batch)[0]))
    return losses


def step_seconds(model: Any, batch: Any, steps: int) -> list[float]:
    """Seconds of each step but the first two, which compile."""
    found = []
    for _ in range(steps + 2):
        started = time.perf_counter()
        model.train_on_batch(*batch)
        found.append(time.perf_counter() - started)
    return found[2:]


def wait(root: Path, folder: Path) -> None:
    """Forty epochs of gtzan_cnn1d:gap with and without the cache."""
    from waiting import share

    from kerasaudio.training import pipeline
    from kerasaudio.training.assemble import assemble, trainable_part
    from kerasaudio.training.precompute import load_splits

    experiment, kept = opened("gtzan_cnn1d:gap", root, folder)
    for title, splits in (
        ("from the cache", kept),
        ("without a cache", load_splits(experiment, root)),
    ):
        batches = pipeline.training_batches(splits.train, experiment.fit.batch_size, 0, range(40))
        steps = pipeline.steps_per_epoch(splits.train, experiment.fit.batch_size)
        waited, seconds = share(
            trainable_part(assemble(experiment, splits.train), splits.train), batches, steps
        )
        windows = 40 * len(splits.train)
        print(
            f"{title:16} {waited:6.1%} of {seconds:.1f} s waiting for batches; "
            f"{windows / seconds:.0f} windows a second"
        )


if __name__ == "__main__":
    sys.exit(main())
