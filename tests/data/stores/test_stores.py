"""Data roots that are not on a disk: every data set reads from a store what it reads from disk."""

import functools
import http.server
import pickle
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from kerasaudio.data.audioset import AudioSetTarget
from kerasaudio.data.files import is_inside
from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.data.gtzan_clips import filtered_clips
from kerasaudio.data.magnatagatune import MagnaTagATune
from kerasaudio.data.own_table import OwnTable
from kerasaudio.data.parallel import one_by_one
from kerasaudio.data.standins import magnatagatune_standin
from kerasaudio.data.stores import stores
from kerasaudio.data.stores.store import FileNotInStoreError, StoreError, file_state
from kerasaudio.data.stores.stores import Requests, data_path
from kerasaudio.errors import UserError
from kerasaudio.experiment import data_sets
from kerasaudio.training import pipeline

SOUND = GtzanAudio(partial=True, windows=2, window_samples=4000, max_bad_files=0.0)


class FolderStore:
    """A folder as a store that counts what is read at the same time."""

    def __init__(self, folder):
        self.folder, self.lock = folder, threading.Lock()
        self.now = self.most = self.bytes = 0
        self.dead = False

    def path(self, url):
        return self.folder / url.partition("://root")[2].strip("/")

    def state(self, url):
        path = self.path(url)
        if not path.is_file():
            raise FileNotInStoreError(url)
        return file_state(path.stat().st_size, path.stat().st_mtime_ns)

    def is_folder(self, url):
        return self.path(url).is_dir()

    def names(self, url):
        return [each.name for each in self.path(url).iterdir()]

    def read(self, url):
        return self.part(url, 0, self.state(url).st_size, 0)

    def part(self, url, start, count, size):
        if self.dead:
            raise StoreError(5, "the server is gone; try again", url)
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.bytes += count
        time.sleep(0.001)
        with self.lock:
            self.now -= 1
        with self.path(url).open("rb") as file:
            file.seek(start)
            return file.read(count)


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A data root with small clips of two genres, and all stand-ins of tables and records."""
    root = tmp_path_factory.mktemp("disk")
    for data in (GtzanFeatures(), OwnTable(), AudioSetTarget()):
        data.write_standin(root)
    random = np.random.default_rng(0)
    for genre in ("blues", "rock"):
        folder = root / SOUND.folder / genre
        folder.mkdir(parents=True)
        for split in ("train", "valid", "test"):
            names = [name for name in filtered_clips(split) if name.startswith(genre)]
            for name in names[:2]:
                noise = random.uniform(-0.5, 0.5, 9000)
                suffix = "flac" if name == names[1] and split == "train" else "wav"
                soundfile.write(folder / f"{name}.{suffix}", noise, 22_050, subtype="PCM_16")
    return root


@pytest.fixture
def store(disk, monkeypatch):
    found = FolderStore(disk)
    monkeypatch.setattr(stores, "_store", lambda scheme: found)
    before = Requests.limit
    Requests.set_limit(3)
    yield found
    Requests.set_limit(before)


def arrays(splits):
    """All numbers of all splits, and a shuffled epoch."""
    found = []
    for _, examples in splits:
        found += [list(examples.ids), *pipeline.batches(examples, 5).as_numpy_iterator()]
    return found + list(pipeline.training_batches(splits.train, 5, 1, range(1)).as_numpy_iterator())


def same(one, other):
    assert len(one) == len(other)
    for left, right in zip(one, other, strict=True):
        for a, b in zip(left, right, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "data",
    [
        GtzanFeatures(),
        OwnTable(),
        AudioSetTarget(),
        AudioSetTarget(in_memory="never"),
        SOUND,
    ],
    ids=["table", "own table", "records", "streamed records", "sound"],
)
def test_a_store_gives_what_a_disk_gives(data, disk, store):
    remote = data_path("s3://root")
    found = data.with_facts(remote)
    assert found == data.with_facts(disk)
    same(arrays(found.load(remote)), arrays(found.load(disk)))
    assert store.most <= Requests.limit
    if not isinstance(data, GtzanFeatures | OwnTable):
        assert store.most > 1  # or nothing would be read at the same time


def test_clips_of_magnatagatune(tmp_path, store):
    data = MagnaTagATune(samples=1000)
    magnatagatune_standin.write(tmp_path / data.folder, 64)
    store.folder = tmp_path
    for path in sorted((tmp_path / data.folder).rglob("*.npy"))[::2]:
        np.save(path, np.load(path)[:1500])
    one, other = (data.load(root) for root in (tmp_path, data_path("gs://root")))
    assert one.notes == other.notes
    same(arrays(one), arrays(other))
    assert 1 < store.most <= Requests.limit


def test_of_a_wav_only_the_windows_bytes_are_read(disk, store):
    splits = SOUND.with_facts(disk).load(data_path("s3://root"))
    valid = splits.valid
    list(pipeline.batches(valid, 4))  # headers are read once
    store.bytes = 0
    list(pipeline.batches(valid, 4))
    assert store.bytes == len(valid) * (44 + 2 * SOUND.window_samples)


def test_a_store_that_dies_is_one_line_and_no_bad_file(disk, store):
    data = replace(SOUND.with_facts(disk), max_bad_files=0.99)
    splits = data.load(data_path("s3://root"))
    store.dead = True
    for action in (lambda: data.load(data_path("s3://root")), lambda: arrays(splits)):
        with pytest.raises(UserError, match=r"^s3://root/gtzan/\S+ could .*server is gone; try"):
            with pipeline.reading():
                action()


def test_a_remote_path_is_a_path():
    root = data_path("s3://bucket/root/")
    path = root / "a b" / "c.wav"
    assert (str(path), path.name, path.suffix) == ("s3://bucket/root/a b/c.wav", "c.wav", ".wav")
    assert path.parent.parent == root and pickle.loads(pickle.dumps(path)) == path
    assert is_inside(path, root) and not is_inside(root / "../other", root)
    assert data_path(str(path)) == path and isinstance(path, Path)
    assert str(root.resolve()) == "s3://bucket/root"
    assert data_path("folder") == Path("folder")


@pytest.mark.parametrize("root", ["https://me:secret@host/x", "s3://b/x?X-Amz-Signature=secret"])
def test_credentials_in_an_address_are_refused_and_not_told(root):
    with pytest.raises(UserError, match="read from the environment") as error:
        data_path(root)
    assert "secret" not in str(error.value)


def test_nothing_is_written_into_a_store(tmp_path, store):
    for action in (lambda path: path.mkdir(), lambda path: path.open("wb")):
        with pytest.raises(OSError, match="read only"):
            action(data_path("s3://root/new"))
    data = data_sets.find("magnatagatune", "prepare").data
    with pytest.raises(UserError, match="holds no clips"):
        data.prepare(data_path("s3://root"), data_path("s3://root"), one_by_one, lambda units: None)


def test_unknown_kinds_of_stores_and_stores_without_their_package(monkeypatch):
    with pytest.raises(UserError, match="begins with s3://, gs://"):
        data_path("ftp://host/root")

    def unknown(url):
        raise tf.errors.UnimplementedError(None, None, "File system scheme 's3' not implemented")

    monkeypatch.setattr(tf.io.gfile, "stat", unknown)
    with pytest.raises(UserError, match="^s3:// needs the package tensorflow-io"):
        GtzanFeatures().load(data_path("s3://bucket/root"))


class Handler(http.server.SimpleHTTPRequestHandler):
    """Knows no ranges, as many servers do."""

    def log_message(self, *_):
        pass


@pytest.fixture
def web(disk):
    """A web server without lists of folders; it gives the address."""
    serving = functools.partial(Handler, directory=disk)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_web_server_needs_an_index_for_folders_alone(disk, web):
    same(arrays(GtzanFeatures().load(data_path(web))), arrays(GtzanFeatures().load(disk)))
    with pytest.raises(UserError, match="lists no folders; put a file index.txt"):
        SOUND.with_facts(data_path(web))


@pytest.mark.parametrize("data", [SOUND, AudioSetTarget()], ids=["sound", "records"])
def test_a_web_server_with_an_index(data, disk, web):
    files = [f"./{path.relative_to(disk)}" for path in disk.rglob("*") if path.is_file()]
    index = disk / "index.txt"
    index.write_text("\n".join([*files, "../../etc/passwd", ""]))
    found = data.with_facts(data_path(web))
    same(arrays(found.load(data_path(web))), arrays(found.load(disk)))
    assert sorted(path.name for path in data_path(web).iterdir()) == ["audioset", "gtzan", "own"]
    index.unlink()


def test_what_a_web_server_does_not_have(web):
    missing = data_path(f"{web}/gtzan/none.csv")
    assert not missing.is_file()
    with pytest.raises(FileNotFoundError, match=r"none\.csv could not be read: there is no such"):
        missing.read_bytes()
    with pytest.raises(UserError, match="Connection refused"):
        data_path("http://127.0.0.1:9/root/table.csv").is_file()
