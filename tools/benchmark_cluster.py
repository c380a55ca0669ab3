"""Measures the features of a folder of recordings in processes, by Ray, and on two Ray nodes.

python tools/benchmark_cluster.py FOLDER [--turns 3] [--processes 2]

A plain pool of processes, Ray's processes of this machine, and two nodes on loopback, each with
half of the processes, take turns; the best way to compare them is the ratio within a turn. Then one
of the two nodes is killed after a third of the recordings. Starting the processes is a time of its
own. "Overhead" is what a task of 8 recordings takes that does nothing.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from kerasaudio.cluster.executor import DEFAULTS, Machines
from kerasaudio.data.features import recordings
from kerasaudio.data.features.feature_table import rows_or_reason
from kerasaudio.data.files import check_sizes, sizes
from kerasaudio.data.parallel import CHUNK, as_done

Pool = tuple[Any, int]  # an executor, and the number of recordings in a task
NODE = {"object_store_memory": 10**8}


@contextmanager
def processes(number: int) -> Iterator[Pool]:
    with ProcessPoolExecutor(number, get_context("spawn")) as pool:
        yield pool, 1


@contextmanager
def by_ray(machines: Machines, check: Callable[[], None]) -> Iterator[Pool]:
    with machines.executor(check) as executor:
        yield executor, CHUNK


@contextmanager
def nodes(number: int) -> Iterator[tuple[Machines, Callable[[], None]]]:
    """Two nodes with half of the processes each, and a function that kills one of them."""
    from ray.cluster_utils import Cluster

    size = {"num_cpus": number // 2, **NODE}
    cluster = Cluster(initialize_head=True, head_node_args={**size, "include_dashboard": False})
    second = cluster.add_node(**size)
    try:
        yield (
            Machines(address=cluster.address),
            lambda: cluster.remove_node(second, allow_graceful=False),
        )
    finally:
        cluster.shutdown()


def features(
    pool: Pool, found: list[recordings.Recording], number: int, kill: Callable[[], None] | None
) -> tuple[float, float, float, int]:
    """Seconds in which processes start and compute a recording each, then of all; CPU; rows."""
    executor, chunk = pool
    started, rows = time.monotonic(), 0
    compute = partial(rows_or_reason, seconds=30)
    list(as_done(executor, compute, found[:number], lambda: number))
    ready, used = time.monotonic(), cpu_seconds()
    for done, (_, each) in enumerate(as_done(executor, compute, found, lambda: number, chunk)):
        rows += len(each)
        if kill and done == len(found) // 3:
            kill()
    return ready - started, time.monotonic() - ready, cpu_seconds() - used, rows


def nothing(_: object) -> None:
    pass


def overhead(pool: Pool, number: int) -> float:
    """Milliseconds that a task takes, one after the other for each worker."""
    tasks, started = 200, time.monotonic()
    for _ in as_done(pool[0], nothing, range(tasks * pool[1]), lambda: number, pool[1]):
        pass
    return (time.monotonic() - started) / tasks * 1000


def processes_below() -> dict[int, list[str]]:
    """This process and all that it started, with what /proc/PID/stat says behind their names."""
    every = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            every[int(path.name)] = (path / "stat").read_text().rpartition(")")[2].split()
    found = {os.getpid(): every[os.getpid()]}
    while more := {
        pid: each for pid, each in every.items() if int(each[1]) in found and pid not in found
    }:
        found |= more
    return found


def cpu_seconds() -> float:
    """Processor time of this process and of all below it."""
    ticks = sum(int(each[11]) + int(each[12]) for each in processes_below().values())
    return ticks / os.sysconf("SC_CLK_TCK")


def memory() -> dict[str, list[int]]:
    """Megabytes of this process, of workers that compute, and of all others."""
    found: dict[str, list[int]] = {"first": [], "workers": [], "others": []}
    for pid, each in processes_below().items():
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        works = command.startswith(b"ray::") or b"spawn_main" in command
        kind = "first" if pid == os.getpid() else "workers" if works else "others"
        found[kind].append(int(each[21]) * os.sysconf("SC_PAGE_SIZE") // 10**6)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    found, number = recordings.find(chosen.folder), chosen.processes
    check = partial(check_sizes, sizes([each.path for each in found]))
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    expected, times = set(), dict[str, list[float]]()

    def measure(name: str, pool: Pool, kill: Callable[[], None] | None = None) -> None:
        starting, seconds, cpu, rows = features(pool, found, number, kill)
        expected.add(rows)
        times.setdefault(name, []).append(seconds)
        task = "" if kill else f", overhead {overhead(pool, number):.2f} ms a task"
        print(
            f"{name:24} ready after {starting:5.1f} s, all in {seconds:6.1f} s, "
            f"CPU {cpu:.1f} s, {rows} rows{task}; "
            f"MB {memory()}",
            flush=True,
        )

    for _ in range(chosen.turns):
        with processes(number) as pool:
            measure("pool of processes", pool)
        with by_ray(Machines(workers=number), check) as pool:
            measure("Ray, this machine", pool)
        with nodes(number) as (machines, _), by_ray(machines, check) as pool:
            measure("Ray, two nodes", pool)
        with nodes(number) as (machines, kill), by_ray(machines, check) as pool:
            measure("Ray, one of them killed", pool, kill)
    assert len(expected) == 1, f"other numbers of rows: {expected}"
    for name, each in times.items():
        ratios = [one / other for one, other in zip(each, times["pool of processes"], strict=True)]
        print(f"{name:24} median {median(each):6.1f} s, {median(ratios):.2f} of the pool's time")


if __name__ == "__main__":
    main()
