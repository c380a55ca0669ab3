"""How long a gate takes for a buffer of sound on this machine."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from kerasaudio.serving import gate_stream

SAMPLES, RATE = 100, 48_000  # of a buffer
BUFFERS, FIRST = 2000, 100  # how many are timed, and how many before them are not


def buffer_times(folder: Path) -> dict[str, Any]:
    """Returns the median and the 99th percentile of the microseconds that a buffer takes.

    Both are told as the time that passed and as the CPU time of the thread, which other programs
    change less.

    Args:
        folder: Folder of an exported gate.
    """
    sound = np.random.default_rng(0).normal(0, 0.1, (FIRST + BUFFERS, SAMPLES))
    stream, times = gate_stream.GateStream(folder, RATE), []
    for buffer in sound.astype(np.float32):
        begun = time.perf_counter(), time.thread_time()
        stream.answers(buffer)
        times.append((time.perf_counter() - begun[0], time.thread_time() - begun[1]))
    figures = 1e6 * np.quantile(times[FIRST:], [0.5, 0.99], axis=0).T
    names = ("clock", "cpu")
    runtime = "LiteRT" if find_spec(gate_stream.RUNTIME.partition(".")[0]) else "NumPy"
    return {"samples": SAMPLES, "rate": RATE, "runtime": runtime} | {
        f"{name}_us": {"median": median, "p99": slow}
        for name, (median, slow) in zip(names, figures.tolist(), strict=True)
    }
