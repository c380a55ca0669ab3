"""Plain lines in a log, a bar on a terminal that leaves nothing behind."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from kerasaudio.data import progress
from kerasaudio.data.parallel import as_done, for_each

CODE = """
import time
from kerasaudio.data.progress import Progress
print("before")
with Progress("prepare", 4, "clips") as progress:
    for n in range(4):
        time.sleep(0.25)
        progress.advance(2)
        if n == 1:
            progress.say("passed over: one")
print("after", flush=True)
"""


def test_a_log_has_a_line_every_ten_seconds(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.Progress("cache", 40, "clips") as shown:
        for _ in range(22):
            now[0] += 1
            shown.advance()
    assert capsys.readouterr().out.splitlines() == [
        "cache     11/40 files, 1.0 clips/s, 29 s left",
        "cache     22/40 files, 1.0 clips/s, 18 s left",
    ]


def test_without_a_total_there_is_no_time_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.Progress("cache", None, "rows") as shown:
        now[0] = 20.0
        shown.advance(100)
    assert capsys.readouterr().out == "cache     1 files, 5.0 rows/s\n"


def test_a_terminal_has_a_bar_that_goes_away():
    reader, writer = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    process = subprocess.run(
        [sys.executable, "-c", CODE], stdout=writer, stderr=writer, env=environment, check=True
    )
    os.close(writer)
    told = b""
    try:
        while more := os.read(reader, 65_536):
            told += more
    except OSError:
        pass
    assert process.returncode == 0
    assert b"prepare" in told and b"clips/s" in told and b"3/4" in told
    assert b"passed over: one" in told
    assert told.rstrip().endswith(b"after") and told.count(b"\x1b[?25h") >= 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.41, "0.4 s"), (12, "12 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds, text):
    assert progress.duration(seconds) == text


def test_few_items_are_in_flight_and_results_keep_the_order():
    from concurrent.futures import ThreadPoolExecutor

    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as pool:
        for done, (number, square) in enumerate(as_done(pool, lambda n: n * n, items(), lambda: 2)):
            assert square == number * number
            assert len(taken) <= done + 1 + 4
    advanced = []
    assert for_each(lambda n: -n, range(50), advanced.append) == [-n for n in range(50)]
    assert advanced == [1] * 50
