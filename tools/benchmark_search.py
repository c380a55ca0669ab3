"""Measures the search of gtzan_mlp's 768 points against KerasTuner's own and PyTorch.

python tools/benchmark_search.py --data ROOT --torch VENV/bin/python

VENV is any environment that has torch and numpy; without --torch that comparison is left out. All
figures of one call come from one run on one machine, ours and PyTorch's in turns, because a
machine's pace changes; compare only those.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

EPOCHS, BATCH = 10, 32
TURNS = 3
SHOWN = ("seconds", "cpu")
HERE = Path(__file__).resolve()


def grid() -> list[dict[str, Any]]:
    """The paper's 768 points."""
    kinds = product(
        product((64, 128), repeat=3), product((0.1, 0.2), repeat=3), ("relu", "leaky_relu"),
        ("glorot_uniform", "random_uniform"), ("adam", "sgd", "rmsprop"),
    )  # fmt: skip
    return [
        dict(zip(("units", "dropout", "activation", "initializer", "optimizer"), kind, strict=True))
        for kind in kinds
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--torch", type=Path, metavar="PYTHON")
    options.add_argument("--part", choices=("ours", "stock", "product"), help=argparse.SUPPRESS)
    options.add_argument("--points", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.part:
        print(
            json.dumps(
                {"ours": ours, "stock": stock, "product": plain_product}[chosen.part](chosen)
            )
        )
    else:
        compare(chosen)


def compare(chosen: argparse.Namespace) -> None:
    points = random.Random(0).sample(grid(), 24)
    print(f"load      {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the start")
    with tempfile.TemporaryDirectory() as folder:
        some, *halves = write_points(points, chosen.data, Path(folder))
        mine, theirs = [], []
        for _ in range(TURNS):
            mine.append(our_part(chosen))
            if chosen.torch:
                theirs.append(torch_part(chosen, halves))
                show("PyTorch", "eager, two processes, all 768", theirs[-1], 768, mine[-1])
        if theirs:
            ratios = [
                [own[kind] / our[kind] for own, our in zip(theirs, mine, strict=True)]
                for kind in SHOWN
            ]
            clock, cpu = map(statistics.median, ratios)
            print(f"          medians of {TURNS} turns: {clock:.1f} x, {cpu:.1f} x")
        median = sorted(mine, key=lambda found: found["seconds"])[TURNS // 2]
        describe(median, part("product", chosen, sys.executable))
        show(
            "stock",
            "keras_tuner.GridSearch, 24 of them",
            part("stock", chosen, sys.executable, some),
            24,
            median,
        )
    print(f"load      {os.getloadavg()[0]:.1f} after the end")


def our_part(chosen: argparse.Namespace) -> dict[str, Any]:
    """The whole search in a process of its own, timed from its start."""
    started = time.monotonic()
    found = part("ours", chosen, sys.executable)
    found["seconds"] = found["until"] - started
    print(
        f"ours      768 trials in {found['seconds']:.1f} s from the process' start to trials.csv; "
        f"{found['cpu']:.1f} s of CPU time",
        flush=True,
    )
    return found


def describe(found: dict[str, Any], plain: float) -> None:
    """The turn whose time is the median."""
    print(
        f"ours      {found['seconds'] / 768:.4f} s a trial, {found['training'] / 768:.4f} s of it "
        "while stacks train"
    )
    print(
        f"          {found['rate']:.0f} GFLOP/s in training, "
        f"a plain matrix product {plain:.0f} GFLOP/s"
    )
    print(
        f"          {found['oracle']:.2f} s in the oracle, {found['oracle'] / found['seconds']:.1%}"
    )
    print(
        "          memory after each block, MB: "
        + ", ".join(f"{size:.0f}" for size in found["memory"]),
        flush=True,
    )


def write_points(points: list[dict[str, Any]], root: Path, folder: Path) -> list[Path]:
    """Writes the points, both halves of the grid, and the examples that they train on."""
    import numpy as np

    from kerasaudio.data.gtzan import GtzanFeatures

    splits = GtzanFeatures().load(root).selected_on_test()
    x, valid = (each.inputs.array for each in (splits.train, splits.valid))
    mean, deviation = x.mean(0), x.std(0)
    np.savez(
        folder / "examples.npz", x=(x - mean) / deviation, y=splits.train.targets,
        valid=(valid - mean) / deviation, valid_y=splits.valid.targets,
    )  # fmt: skip
    written = []
    for name, some in (("some", points), ("first", grid()[::2]), ("second", grid()[1::2])):
        written.append(folder / f"{name}.json")
        written[-1].write_text(json.dumps(some))
    return written


def start(
    name: str, chosen: argparse.Namespace, python: Path | str, points: Path | None
) -> subprocess.Popen:
    command = [str(python), str(HERE), "--part", name, "--data", str(chosen.data.resolve())]
    command += ["--points", str(points)] * (points is not None)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def part(
    name: str, chosen: argparse.Namespace, python: Path | str, points: Path | None = None
) -> Any:
    """What a part of this file, in a process of its own, says in its last line."""
    return answer(start(name, chosen, python, points))


def answer(process: subprocess.Popen) -> Any:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args} failed with {process.returncode}")
    return json.loads(out.splitlines()[-1])


def torch_part(chosen: argparse.Namespace, halves: list[Path]) -> dict[str, float]:
    """Two processes at once, each training its half; timed from their start, as ours is."""
    script, started = HERE.with_name("search_torch.py"), time.monotonic()
    commands = [[str(chosen.torch), str(script), str(half)] for half in halves]
    processes = [
        subprocess.Popen(each, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for each in commands
    ]
    cpu = sum(answer(process)["cpu"] for process in processes)
    return {"seconds": time.monotonic() - started, "cpu": cpu}


def show(
    name: str, what: str, found: dict[str, float], trials: int, mine: dict[str, float]
) -> None:
    """Per trial, in wall and in CPU time, beside ours with everything in it."""
    seconds, cpu = (found[kind] / trials for kind in SHOWN)
    print(
        f"{name:9} {seconds:.3f} s a trial ({what}): {seconds / mine['seconds'] * 768:.1f} x ours; "
        f"{cpu:.3f} s of CPU time: {cpu / mine['cpu'] * 768:.1f} x ours",
        flush=True,
    )


def ours(chosen: argparse.Namespace) -> dict[str, Any]:
    """The search command, with clocks on its oracle and on its compiled program."""
    from kerasaudio.search import main as search
    from kerasaudio.training.backend import import_keras

    import_keras()
    from kerasaudio.tuning import trials
    from kerasaudio.tuning.oracles import GridOracle
    from kerasaudio.tuning.stacks.stacked import Stack

    clock: defaultdict[str, float] = defaultdict(float)
    for method in ("create_trial", "update_trial", "end_trial", "write_state"):
        timed(GridOracle, method, clock, "oracle")
    timed(Stack, "train", clock, "training")
    memory, until, cpu = [], [], []
    log = trials.write_trials

    def write(table: Any, folder: Path) -> None:
        log(table, folder)
        until.append(time.monotonic())
        cpu.append(time.process_time())
        memory.append(resident())

    trials.write_trials = write
    with tempfile.TemporaryDirectory() as folder:
        search(
            [
                "--experiment",
                "gtzan_mlp",
                "--data",
                str(chosen.data),
                "--runs",
                folder,
                "--select-on",
                "test",
            ]
        )
    work = sum(3 * 2 * products(point["units"]) for point in grid()) * 700 * EPOCHS / 1e9
    seconds = {
        "until": until[-2],
        "training": clock["training"],
        "oracle": clock["oracle"],
    }  # the last is finish's own
    return {**seconds, "cpu": cpu[-2], "memory": memory[:-1], "rate": work / clock["training"]}


def products(units: tuple[int, ...]) -> int:
    return sum(before * after for before, after in zip((57, *units), (*units, 10), strict=True))


def timed(owner: Any, method: str, clock: dict[str, float], name: str) -> None:
    """Count the seconds in which at least one thread is in the method."""
    inner, lock = getattr(owner, method), threading.Lock()

    def outer(*arguments: Any, **keywords: Any) -> Any:
        turn(1)
        try:
            return inner(*arguments, **keywords)
        finally:
            turn(-1)

    def turn(way: int) -> None:
        with lock:
            now = time.monotonic()
            clock[name] += (now - clock[f"{name} last"]) * (clock[f"{name} depth"] > 0)
            clock[f"{name} last"] = now
            clock[f"{name} depth"] += way

    setattr(owner, method, outer)


def resident() -> float:
    """MB that this process has in memory; its peak where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def plain_product(chosen: argparse.Namespace, size: int = 2048, times: int = 20) -> float:
    """GFLOP/s of one large matrix product on all cores; a searching process has one thread."""
    import tensorflow as tf

    matrix = tf.random.normal((size, size))
    tf.matmul(matrix, matrix)
    started = time.monotonic()
    for _ in range(times):
        product = tf.matmul(matrix, matrix)
    float(product[0, 0])
    return 2 * size**3 * times / (time.monotonic() - started) / 1e9


def stock(chosen: argparse.Namespace) -> dict[str, float]:
    """keras_tuner.GridSearch as its guide has it, over the points."""
    import keras
    import keras_tuner
    import numpy as np

    examples = np.load(chosen.points.parent / "examples.npz")
    points = json.loads(chosen.points.read_text())

    def build(hp: Any) -> keras.Model:
        point = points[hp.Choice("point", list(range(len(points))))]
        model = keras.Sequential([keras.Input((57,))])
        for units, rate in zip(point["units"], point["dropout"], strict=True):
            model.add(
                keras.layers.Dense(
                    units, point["activation"], kernel_initializer=point["initializer"]
                )
            )
            model.add(keras.layers.Dropout(rate))
        model.add(keras.layers.Dense(10, "softmax"))
        model.compile(
            optimizer=point["optimizer"],
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model

    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.GridSearch(build, objective="val_accuracy", directory=folder)
        started, used = time.monotonic(), time.process_time()
        tuner.search(
            examples["x"], examples["y"], validation_data=(examples["valid"], examples["valid_y"]),
            epochs=EPOCHS, batch_size=BATCH, verbose=0,
        )  # fmt: skip
        return {"seconds": time.monotonic() - started, "cpu": time.process_time() - used}


if __name__ == "__main__":
    main()
