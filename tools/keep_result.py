#!/usr/bin/env python3
"""Runs a command and keeps its scores as a row of a table, in experiments/results.

    python tools/keep_result.py TABLE NN-NAME --name TEXT [--paper TEXT] -- train --experiment ...

The row has the command (the folder after --data as ROOT), the version of kerasaudio, the seeds, the
protocol, the number of test examples, the test scores with their intervals, or with their standard
deviation over several seeds, the lowest validation loss of all epochs, and the seconds that the
command took. Of a search it has the best trial and, with --by, the mean validation accuracy for
each value of a hyper-parameter. Then tools/results_tables.py writes the pages.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd

import kerasaudio
from kerasaudio.runs.entrants import Entrant, all_inside
from kerasaudio.runs.folder import Run
from kerasaudio.training.history import read_history

RESULTS = Path(__file__).parents[1] / "experiments" / "results"


def main() -> None:
    chosen, command = parsed(sys.argv[1:])
    facts = {"table": chosen.table, "name": chosen.name, "paper": chosen.paper}
    with tempfile.TemporaryDirectory() as temporary:
        started = time.perf_counter()
        folder = Path(chosen.runs or temporary)
        runs = ("--runs", str(folder))
        subprocess.run(
            [sys.executable, "-m", f"kerasaudio.{command[0]}", *command[1:], *runs], check=True
        )
        seconds = None if chosen.runs else round(time.perf_counter() - started, 1)
        # a stand-in lies beside the runs
        (entrant,) = all_inside(folder)
        row = facts | described(entrant) | {"commands": [shown(command)], "seconds": seconds}
        if chosen.by:
            (trials,) = folder.glob("*/trials.csv")
            row["scores"] |= by_value(pd.read_csv(trials), chosen.by)
    path = RESULTS / f"{chosen.table}-{chosen.row}.json"
    path.write_text(json.dumps(row, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"kept      {path}")


def parsed(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Returns the options and, from behind `--`, the command."""
    parser = argparse.ArgumentParser(
        description="Run a command and keep its scores.", usage="%(prog)s [options] -- COMMAND"
    )
    parser.add_argument("table", help="name of the table; example: gtzan_mlp")
    parser.add_argument("row", help="number and name of the row; example: 07-fewer_rows")
    parser.add_argument("--name", required=True, help="what the page calls the row")
    parser.add_argument("--paper", help="the figure of the paper (default: none)")
    parser.add_argument("--runs", help="folder in which a stopped search goes on (default: none)")
    parser.add_argument("--by", help="hyper-parameter of a search; example: kernel")
    if "--" not in words:
        parser.error("expected -- and a command")
    place = words.index("--")
    return parser.parse_args(words[:place]), words[place + 1 :]


def described(entrant: Entrant) -> dict[str, Any]:
    """Returns what a row says about a run, or about the runs of a series."""
    stamps = [run.provenance for run in entrant.runs.values()]
    return {
        "version": kerasaudio.__version__,
        "seeds": [stamp.seed for stamp in stamps],
        "protocol": stamps[0].protocol
        + (" STAND-IN" if stamps[0].synthetic else "")
        + (" SELECTED ON TEST" if stamps[0].selected_on == "test" else ""),
        "n": stamps[0].n,
        "scores": {name: score(entrant, name) for name in entrant.first.scores.metrics}
        | {"val_loss": spread([lowest_loss(run) for run in entrant.runs.values()])},
    }


def by_value(trials: pd.DataFrame, name: str) -> dict[str, dict[str, float]]:
    """Returns the best validation accuracy of trials, and the mean for each value of a name."""
    means = trials.groupby(name)["val_accuracy"].mean()
    found = {f"{name}_{value}": {"value": mean} for value, mean in means.items()}
    return found | {"best_val_accuracy": {"value": float(trials["val_accuracy"].max())}}


def score(entrant: Entrant, metric: str) -> dict[str, float]:
    """Returns the value of a metric with its interval, or the mean of several runs."""
    if len(entrant.runs) > 1:
        return spread(entrant.values(metric))
    found = entrant.first.scores.metrics[metric].score
    return {"value": found.value, "low": found.low, "high": found.high}


def lowest_loss(run: Run) -> float:
    """Returns the lowest validation loss of a run's epochs."""
    return min(row["val_loss"] for row in read_history(run.history))


def spread(values: list[float]) -> dict[str, float]:
    """Returns the mean of several values and their standard deviation; one value as it is."""
    return {"value": mean(values)} | ({"sd": stdev(values)} if len(values) > 1 else {})


def shown(command: list[str]) -> str:
    """Returns a command as the page has it."""
    words = list(command)
    if "--data" in words:
        words[words.index("--data") + 1] = "ROOT"
    return f"python -m kerasaudio.{words[0]} {shlex.join(words[1:])}"


if __name__ == "__main__":
    main()
