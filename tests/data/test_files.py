"""Files are written whole or not at all, never through links, into pipes; links that lead out."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kerasaudio.data import files
from kerasaudio.data.files import NotWritten, is_inside, shown, write_json, write_text, written


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "table.csv"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), written(path) as partial:
        assert partial.parent == tmp_path and partial.suffix == ".csv"
        partial.write_text("half")
        assert path.read_text() == "old"
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write_json(path, {"a": [1]})
    assert path.read_text() == '{\n "a": [\n  1\n ]\n}\n'


def test_a_link_is_not_followed_and_a_pipe_is_written_into(tmp_path):
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_text("precious")
    link.symlink_to(target)
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    for name in ("link", "nowhere"):
        with pytest.raises(NotWritten, match="it is a link to .*Name that file"):
            write_text(tmp_path / name, "through")
    assert target.read_text() == "precious" and not (tmp_path / "none").exists()
    os.mkfifo(pipe)
    heard = []
    listener = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    listener.start()
    write_text(pipe, "into")
    listener.join()
    assert heard == ["into"] and pipe.is_fifo()
    write_text(Path("/dev/null"), "away")
    write_text(Path("/dev/stdout"), "")  # a link that the system made
    with pytest.raises(NotWritten, match="No space left"):
        write_text(Path("/dev/full"), "text")


def test_names_that_are_no_utf_8_are_written_as_text(tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    write_text(tmp_path / "t.csv", name)
    assert (tmp_path / "t.csv").read_text() == "caf\\udce9.wav"
    assert shown(name) == "caf\\xe9.wav"


@pytest.mark.parametrize("name", ["nowhere/file", "folder"])
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotWritten, match=r"could not be written: .*Choose another place\."):
        write_text(tmp_path / name, "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_many_threads_write_the_same_file(tmp_path):
    path = tmp_path / "file"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write_text(path, str(n) * 10_000), range(200)))
    assert len(set(path.read_text())) < 4 and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_goes_with_the_next_file(tmp_path):
    child = os.fork()
    if not child:
        with written(tmp_path / "model") as partial:
            partial.write_text("half")
            (tmp_path / f"{partial.name}-folder").mkdir()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(tmp_path.glob(".partial-*"))) == 2
    with written(tmp_path / "alive") as partial:
        partial.write_text("whole")
        write_text(tmp_path / "other", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alive", "other"]


def test_what_another_container_writes_stays_for_a_day(tmp_path, monkeypatch):
    """Its processes have numbers that mean others here; the name of its host may be the same."""
    with monkeypatch.context() as there:
        there.setattr(files, "_process_space", lambda: "0123456789ab")
        there.setattr(os, "getpid", lambda: 2**22 + 1)  # no process has it
        names = [f"{files.own_prefix()}{name}" for name in ("now", "old")]
    for name in names:
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / names[1], (time.time() - 90_000,) * 2)
    write_text(tmp_path / "file", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[0], "file"]


def test_a_link_out_of_a_folder_is_not_inside(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("")
    (folder / "file").write_text("")
    (folder / "in").symlink_to(folder / "file")
    (folder / "out").symlink_to(outside)
    assert [is_inside(folder / name, folder) for name in ("file", "in", "out", "../outside")] == [
        True,
        True,
        False,
        False,
    ]
