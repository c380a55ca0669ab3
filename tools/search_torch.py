"""Trains benchmark_search.py's points in eager PyTorch; needs torch and numpy alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmark_search import BATCH, EPOCHS


def loop(path: Path) -> dict[str, float]:
    """The points one after the other in eager PyTorch on one thread: no data loader, no files."""
    torch.set_num_threads(1)
    loaded = np.load(path.parent / "examples.npz")
    x, valid = (torch.from_numpy(loaded[name].astype("float32")) for name in ("x", "valid"))
    y, valid_y = (torch.from_numpy(loaded[name].astype("int64")) for name in ("y", "valid_y"))
    for point in json.loads(path.read_text()):
        fit(point, x, y, valid, valid_y)
    return {"cpu": time.process_time()}


def fit(point: dict[str, Any], x: Any, y: Any, valid: Any, valid_y: Any) -> list[list[float]]:
    """Returns loss and accuracy of training and validation after each epoch, as a trial has them.

    Those of training are added up where the tensors are, and fetched once an epoch.
    """
    entropy = torch.nn.functional.cross_entropy
    model = torch.nn.Sequential(*layers(point))
    kind, rate = {"adam": ("Adam", 1e-3), "sgd": ("SGD", 1e-2), "rmsprop": ("RMSprop", 1e-3)}[
        point["optimizer"]
    ]
    optimizer = getattr(torch.optim, kind)(model.parameters(), lr=rate)
    history = []
    for _ in range(EPOCHS):
        model.train()
        losses, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            labels = y[rows]
            logits = model(x[rows])
            loss = entropy(logits, labels)
            loss.backward()
            optimizer.step()
            losses += loss.detach() * len(rows)
            right += (logits.argmax(1) == labels).sum()
        model.eval()
        with torch.no_grad():
            logits = model(valid)
            accuracy = (logits.argmax(1) == valid_y).float().mean()
            told = torch.stack(
                [losses / len(x), right / len(x), entropy(logits, valid_y), accuracy]
            )
        history.append(told.tolist())
    return history


def layers(point: dict[str, Any]) -> Iterator[Any]:
    inputs = 57
    for units, rate in zip(point["units"], point["dropout"], strict=True):
        dense = torch.nn.Linear(inputs, units)
        if point["initializer"] == "glorot_uniform":
            torch.nn.init.xavier_uniform_(dense.weight)
        else:
            torch.nn.init.uniform_(dense.weight, -0.05, 0.05)
        yield from (
            dense,
            torch.nn.LeakyReLU(0.2) if point["activation"] == "leaky_relu" else torch.nn.ReLU(),
        )
        yield torch.nn.Dropout(rate)
        inputs = units
    yield torch.nn.Linear(inputs, 10)


if __name__ == "__main__":
    print(json.dumps(loop(Path(sys.argv[1]))))
