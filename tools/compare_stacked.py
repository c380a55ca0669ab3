"""Compares trials that train together with the same trials alone: are their scores alike?

python tools/compare_stacked.py --data ROOT
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats

from kerasaudio.errors import UserError
from kerasaudio.experiment import SGD, Adam, Experiment, RMSprop
from kerasaudio.experiment.catalogue import load
from kerasaudio.models.mlp import MLP
from kerasaudio.training.precompute import load_splits
from kerasaudio.tuning.stacks import stackable
from kerasaudio.tuning.stacks.blocks import Trainer
from kerasaudio.tuning.training import train_trial


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--points", type=int, default=24)
    options.add_argument("--seeds", type=int, default=5)
    chosen = options.parse_args()
    base = load("gtzan_mlp").experiment
    splits = load_splits(base, chosen.data)
    points = [
        seeded(point, seed)
        for point in random_points(base, chosen.points)
        for seed in range(chosen.seeds)
    ]
    members = [member for point in points if (member := stackable.member(point))]
    stacked = [each.history[-1] for each in Trainer(lambda *_: splits, None).train(members)]
    alone = []
    for point in points:
        alone.append(train_trial(point, splits, "val_accuracy")[-1])
        print(f"\r{len(alone)} of {len(points)} trained alone", end="", flush=True)
    print(f"\n{chosen.points} points x {chosen.seeds} seeds, {len(splits.valid)} validation rows")
    for metric in ("val_accuracy", "val_loss", "accuracy", "loss"):
        pair = np.array([[row[metric] for row in rows] for rows in (stacked, alone)])
        print(compare(metric, pair.reshape(2, chosen.points, chosen.seeds)))


def random_points(base: Experiment, number: int) -> list[Experiment]:
    """Points of the paper's grid, drawn under seed 0."""
    units, rates = list(product((64, 128), repeat=3)), list(product((0.1, 0.2), repeat=3))
    kinds = product(
        units,
        rates,
        ("relu", "leaky_relu"),
        ("glorot_uniform", "random_uniform"),
        (Adam(), SGD(), RMSprop()),
    )
    drawn = random.Random(0).sample(list(kinds), number)
    return [
        replace(
            base,
            model=MLP(*model),
            fit=replace(base.fit, epochs=10, keep="last", optimizer=optimizer),
        )
        for *model, optimizer in drawn
    ]


def seeded(point: Experiment, seed: int) -> Experiment:
    return replace(point, fit=replace(point.fit, seed=seed))


def compare(metric: str, pair: np.ndarray) -> str:
    """A line on (2, points, seeds) values: means, spread, and tests of paired differences."""
    difference = pair[0] - pair[1]
    each = difference.mean(axis=1)  # a point's own: seeds share their weights and batches
    half = stats.t.ppf(0.975, len(each) - 1) * stats.sem(each)
    wilcoxon = stats.wilcoxon(each).pvalue
    spread = pair.std(axis=2, ddof=1).mean(axis=1)
    return (
        f"{metric:12}  stacked {pair[0].mean():.4f}  alone {pair[1].mean():.4f}  "
        f"difference {each.mean():+.4f} ± {half:.4f} (95 %)  Wilcoxon p {wilcoxon:.2f}  "
        f"spread over seeds {spread[0]:.4f} and {spread[1]:.4f}"
    )


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        raise SystemExit(f"error: {error}") from error
