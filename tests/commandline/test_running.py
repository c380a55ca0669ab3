"""What the machine lacks is one line and exit code 2."""

import errno
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.errors import UserError


def outcome(error, capsys):
    def command(arguments):
        raise error

    return running.exit_code(command), capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), "runs/x: No space.*goes on"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n 1024"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), "x: Permission denied"),
        (MemoryError(), "not enough memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "not enough memory"),
        (UserError("a\nb" + "x" * 300_000), r"a b.*\.\.\."),
    ],
)
def test_one_line(error, words, capsys):
    code, text = outcome(error, capsys)
    assert code == 2 and text.count("\n") == 1 and len(text) < 1100
    assert text.startswith("error: ")
    assert re.search(words, text)


def test_a_fault_of_the_program_keeps_its_traceback():
    def command(arguments):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        running.exit_code(command)


@pytest.mark.parametrize(
    ("error", "code"), [("UserError('stop')", 2), ("KeyboardInterrupt", 130), ("ValueError", 1)]
)
def test_the_end_waits_for_nothing_that_python_cannot_clean_up(error, code):
    script = (
        "import atexit, time\n"
        "from kerasaudio.commandline import running\n"
        "from kerasaudio.errors import UserError\n"
        "class Reader:\n"
        "    def __del__(self):\n"
        "        time.sleep(3600)\n"
        "kept = Reader()\n"
        "def command(arguments):\n"
        "    atexit.register(print, 'done at exit')\n"
        f"    raise {error}\n"
        "running.run(command)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (code, "done at exit\n")
    assert ("Traceback" in done.stderr) == (code == 1)


def test_out_of_memory_in_tensorflow_is_one_line(capsys):
    import tensorflow as tf

    error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nmore")
    code, text = outcome(error, capsys)
    assert code == 2 and "not enough memory" in text and text.count("\n") == 1


def test_without_a_home_there_is_no_cache_and_a_line_says_so(monkeypatch, capsys):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.expanduser", lambda path: (_ for _ in ()).throw(RuntimeError))
    parser = command_parser("train", "Trains.")
    options.add_cache(parser)
    assert options.cache(parser.parse_args([])) is None
    assert "there is no home folder: name one with --cache" in capsys.readouterr().out
    assert options.cache(parser.parse_args(["--cache", "c"])).folder.name == "c"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kerasaudio", "train", "--list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "No space left on device" in done.stderr
