"""Measures one search in one process, in workers of this machine, and on two Ray nodes.

python tools/benchmark_cluster_search.py --data ROOT [-- OPTIONS OF search]

Without options of its own it is 24 trials of convolutions over ROOT/esc10, an epoch each. The ways
run one after the other; the first run fills the cache, and is not counted. Two nodes on loopback
have a process each; in the last run one of them is killed after a third of the trials. Every way
must leave the same `trials.csv`. CPU is that of all processes, Ray's own included.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from benchmark_cluster import nodes, processes_below

from kerasaudio.cluster.executor import DEFAULTS

SEARCH = ["--experiment", "own_sound:cnn1d", "--set", "data.path=esc10", "--strategy", "random"]
SEARCH += ["--trials", "24", "--epochs", "1"]
TICK = os.sysconf("SC_CLK_TCK")


class Processor:
    """Processor time of all processes that were ever seen below this one."""

    def __init__(self) -> None:
        self.before = self._now()
        self.after = dict(self.before)

    def _now(self) -> dict[int, float]:
        each = processes_below()
        each.pop(os.getpid())
        return {pid: (int(found[11]) + int(found[12])) / TICK for pid, found in each.items()}

    def look(self) -> float:
        """Returns the seconds since the first look."""
        self.after |= self._now()
        return sum(used - self.before.get(pid, 0) for pid, used in self.after.items())


def run(options: list[str], folder: Path, kill: Callable[[], None] | None = None) -> list[float]:
    """Runs a search; returns seconds until trials.csv is whole, of CPU, and between two trials."""
    command = [sys.executable, "-m", "kerasaudio.search", *options, "--runs", str(folder)]
    processor, started, ended = Processor(), time.monotonic(), list[float]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout
        for line in process.stdout:
            processor.look()
            if not line.startswith("trial "):
                continue
            ended.append(time.monotonic() - started)
            done, whole = int(line.split()[1]), int(line.split()[3])
            if kill and done >= whole / 3:
                kill()
                kill = None
            if done == whole:
                used = processor.look()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return [ended[-1], used, (ended[-1] - ended[0]) / max(1, len(ended) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("search", nargs="*", default=SEARCH)
    chosen = parser.parse_args()
    options = [*chosen.search, "--data", chosen.data]
    os.environ.update(DEFAULTS, RAY_AUTH_TOKEN=secrets.token_hex(32))
    tables: list[pd.DataFrame] = []

    def measure(name: str, *more: str, kill: Callable[[], None] | None = None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            seconds, cpu, between = run([*options, *more], Path(folder), kill)
            (path,) = Path(folder).glob("*/trials.csv")
            tables.append(pd.read_csv(path))
        same = tables[-1].equals(tables[0])
        print(
            f"{name:27} {seconds:6.1f} s, CPU {cpu:6.1f} s, {between:.2f} s between two trials; "
            f"trials.csv {'equal' if same else 'DIFFERS'}",
            flush=True,
        )

    measure("first run, fills the cache")
    measure("one process")
    measure("--workers 2", "--workers", "2")
    with nodes(2) as (machines, _):
        measure("two nodes", "--cluster", str(machines.address))
    with nodes(2) as (machines, kill):
        measure("two nodes, one killed", "--cluster", str(machines.address), kill=kill)


if __name__ == "__main__":
    main()
