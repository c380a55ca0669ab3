#!/usr/bin/env python3
"""Exports every network for LiteRT and ONNX Runtime, and compares them with the live network.

    python tools/compare_exports.py [NAME ...]

It needs pip install '.[litert,onnx]'. The networks are untrained and get three examples of the
stand-ins; their logits are moved and scaled so that the answers differ as those of a trained
network do. A difference is the largest one of probabilities, in a batch where the format takes
one. Times are medians of one example at a time, in turns, with each runtime's own number of
threads.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.data.standins import standin
from kerasaudio.errors import UserError
from kerasaudio.experiment import DataSet, with_facts
from kerasaudio.experiment.catalogue import load, names
from kerasaudio.serving.export import FORMATS
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.training.assemble import assemble

EXAMPLES, TURNS = 3, 7


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("names", nargs="*", metavar="NAME")
    chosen = options.parse_args()
    print(f"{'network':48}" + "".join(f"{name:>27}" for name in FORMATS))
    print(f"{'':48}" + f"{'difference':>13}{'MB':>7}{'ms':>7}" * len(FORMATS))
    with tempfile.TemporaryDirectory() as made:
        for name in chosen.names or names():
            print(f"{name:48}" + row(name, Path(made)), flush=True)
            keras.backend.clear_session()


def row(name: str, folder: Path) -> str:
    model, examples = network(name, folder)
    sound = examples.ndim == 2 and load(name).experiment.data.rate is not None
    live = np.concatenate([model(each[None], training=False) for each in examples])
    cells, infers = {}, {}
    for kind, form in FORMATS.items():
        exported = Path(tempfile.mkdtemp(dir=folder))
        shape = (form.batch, *examples.shape[1:])
        try:
            any_length = form.any_length and sound
            form.write(model, exported, ModelInputs((None, None) if any_length else shape))
        except UserError as error:
            cells[kind] = str(error)
            continue
        infers[kind] = form.load(exported)
        size = sum(path.stat().st_size for path in exported.rglob("*") if path.is_file())
        difference = np.abs(infers[kind](examples) - live).max()
        cells[kind] = f"{difference:13.1e}{size / 1e6:7.2f}"
    times = in_turns(infers, examples[:1])
    return "".join(
        f"{cell}{times[kind]:7.2f}" if kind in times else f"  {cell}"
        for kind, cell in cells.items()
    )


def network(name: str, folder: Path) -> tuple[keras.Model, np.ndarray]:
    """The untrained network with answers that differ, and three examples."""
    experiment = load(name).experiment
    root = standin_of(experiment.data, folder)
    experiment = with_facts(experiment, root)
    train = experiment.data.load(root).train
    few = tf.data.Dataset.range(EXAMPLES)
    examples = np.float32(next(iter(train.inputs.batches(few, train.targets, EXAMPLES)))[0])
    whole = assemble(experiment, replace(train, inputs=First(train.inputs)))
    answer = whole.layers[-1]
    logits = np.array(keras.Model(whole.inputs[0], answer.input)(examples, training=False))
    moved = (answer.input - logits.mean(axis=0)) * float(2 / logits.std(axis=0).max())
    return keras.Model(whole.inputs[0], answer(moved)), examples


class First:
    """The first inputs of others: their statistics do here."""

    def __init__(self, inputs: object) -> None:
        self.inputs = inputs

    def batches(self, numbers: object, targets: np.ndarray, batch_size: int) -> tf.data.Dataset:
        return self.inputs.batches(tf.data.Dataset.range(EXAMPLES), targets, EXAMPLES)


def standin_of(data: DataSet, folder: Path) -> Path:
    root = folder / data.folder
    if not root.exists():
        root.mkdir(parents=True)
        standin.write_marker(root)
        data.write_standin(root)
    return root


def in_turns(
    infers: dict[str, Callable[[np.ndarray], np.ndarray]], example: np.ndarray
) -> dict[str, float]:
    """The median time of each in ms."""
    found: dict[str, list[float]] = {kind: [] for kind in infers}
    for _ in range(TURNS + 1):
        for kind, infer in infers.items():
            started = time.perf_counter()
            infer(example)
            found[kind].append(1000 * (time.perf_counter() - started))
    return {kind: median(times[1:]) for kind, times in found.items()}


if __name__ == "__main__":
    main()
