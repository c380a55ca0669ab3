"""The cache on disk: what it gives back, what it refuses to believe, and how much it takes."""

import gc
import os

import numpy as np
import pytest

from kerasaudio.data import memory
from kerasaudio.data.files import NotWritten
from kerasaudio.training.cache import Cache, CacheFull, Memory

RECORDS = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
FILE = 3 * (4 * 5 * 4 + 4)  # bytes: three records, each with its checksum


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path, limit=3 * FILE)


@pytest.fixture
def shelf(cache):
    return cache.shelf({"front end": "mel", "bands": 5}, (4, 5))


def read(shelf, name, number):
    record = np.empty((4, 5), np.float32)
    return record if shelf.read(name, number, record) else None


def holds(shelf, name, records):
    return shelf.load(name, np.empty((records, 4, 5), np.float32))


def test_what_was_written_is_read_by_another_process_too(cache, shelf):
    shelf.write("clip", RECORDS)
    same = Cache(cache.folder, cache.limit).shelf({"bands": 5, "front end": "mel"}, (4, 5))
    for number in range(3):
        np.testing.assert_array_equal(read(same, "clip", number), RECORDS[number])
    all_of_them = np.empty_like(RECORDS)
    assert same.load("clip", all_of_them)
    np.testing.assert_array_equal(all_of_them, RECORDS)
    assert read(same, "clip", 3) is None
    assert read(same, "other", 0) is None
    assert cache.used() == FILE == same.path("clip").stat().st_size


@pytest.mark.parametrize("about", [{"front end": "mel", "bands": 6}, {"front end": "mel"}])
def test_other_settings_are_another_shelf(cache, shelf, about):
    shelf.write("clip", RECORDS)
    assert not holds(cache.shelf(about, (4, 5)), "clip", 3)


@pytest.mark.parametrize("place", [0, 50, 79, 80, 83, 84, 100, FILE - 1])
def test_a_record_with_one_wrong_bit_is_not_there(shelf, place):
    shelf.write("clip", RECORDS)
    data = bytearray(shelf.path("clip").read_bytes())
    data[place] ^= 0x10
    shelf.path("clip").write_bytes(data)
    assert [read(shelf, "clip", number) is None for number in range(3)] == [
        place // 84 == number for number in range(3)
    ]
    assert not holds(shelf, "clip", 3)


@pytest.mark.parametrize("length", [0, 3, 80, FILE - 1])
def test_a_file_that_was_cut_off_does_not_hold_all(shelf, length):
    shelf.write("clip", RECORDS)
    os.truncate(shelf.path("clip"), length)
    assert read(shelf, "clip", 2) is None
    assert not holds(shelf, "clip", 3)


def test_a_write_that_fails_leaves_nothing(shelf):
    shelf.path("clip").mkdir()
    with pytest.raises(NotWritten, match="clip"):
        shelf.write("clip", RECORDS)
    assert sorted(path.suffix for path in shelf.folder.iterdir()) == [".json", ".records"]


def test_what_was_used_longest_ago_leaves_first_and_what_is_wanted_stays(cache, shelf):
    for age, name in enumerate(("new", "middle", "old")):
        shelf.write(name, RECORDS)
        os.utime(shelf.path(name), (1e9 - age, 1e9 - age))
    assert holds(shelf, "old", 3)  # used now: it is the newest from here on
    cache.make_room({shelf.path("new"): FILE, shelf.path("more"): FILE})
    assert [holds(shelf, name, 3) for name in ("new", "middle", "old")] == [True, False, True]
    assert cache.used() == 2 * FILE


def test_more_than_the_limit_is_refused_and_takes_nothing_away(cache, shelf):
    shelf.write("clip", RECORDS)
    with pytest.raises(CacheFull, match="are needed"):
        cache.make_room({shelf.path(str(number)): FILE for number in range(4)})
    assert holds(shelf, "clip", 3)


def test_files_of_others_are_never_counted_or_taken_away(cache, shelf):
    mine = [
        cache.folder / "music" / "song.records",
        shelf.folder / "notes.txt",
        cache.folder / "song.records",
    ]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(10 * FILE))
    assert cache.used() == 0
    cache.make_room({shelf.path("clip"): 3 * FILE})
    assert all(path.is_file() for path in mine)


def test_memory_ends_at_its_limit_and_is_given_back():
    held = Memory(1000)
    first = held.array((10, 20))
    assert (first.shape, first.dtype, first.ctypes.data % 64) == ((10, 20), np.float32, 0)
    assert held.array((51,)) is None
    second = held.array((50,))
    assert held.held == 1000
    view = first[3:]
    del first, second
    gc.collect()
    assert held.held == 800  # a part of it is still in use
    del view
    gc.collect()
    assert held.held == 0
    assert Memory(0).array((1,)) is None


def test_memory_is_a_quarter_of_what_is_free_at_most(monkeypatch):
    monkeypatch.setattr("kerasaudio.training.cache.free_memory", lambda: 4000)
    held = Memory()
    assert held.array((251,)) is None
    first = held.array((250,))
    monkeypatch.setattr("kerasaudio.training.cache.free_memory", lambda: 3000)
    assert first is not None
    assert held.array((1,)) is None
    monkeypatch.undo()
    assert memory.free_memory() > 0
    assert held.array((1,)) is not None
