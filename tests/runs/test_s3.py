"""Training from a real S3 server on this machine: the same weights as from a disk."""

import importlib.util
import io
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

import kerasaudio
from kerasaudio.data.gtzan_clips import filtered_clips
from kerasaudio.data.standins import audioset_standin

boto3 = pytest.importorskip("boto3", reason="needs moto[server]: install the extra dev")
if importlib.util.find_spec("tensorflow_io") is None:
    pytest.skip("needs tensorflow-io, as below Python 3.13", allow_module_level=True)

SPEECH = ("--experiment", "audioset_speech:linear", "--set", "fit.epochs=2")
GENRES = ("--experiment", "gtzan_cnn1d:gap", "--set", "data.partial=True", "--set")
GENRES += ("data.windows=1", "--set", "fit.batch_size=2")


class Server:
    """moto, with the files of a folder in a bucket."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "known",
            "AWS_SECRET_ACCESS_KEY": "very-secret",
            "AWS_REGION": "us-east-1",
            "S3_ENDPOINT": self.endpoint,
            "S3_USE_HTTPS": "0",
            "S3_VERIFY_SSL": "0",
            "PYTHONPATH": str(Path(kerasaudio.__file__).parents[1]),
        }
        self.start()

    def start(self):
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.endpoint).close()
                break
            except OSError:
                time.sleep(0.1)
        keys = {"aws_access_key_id": "known", "aws_secret_access_key": "very-secret"}
        client = boto3.client("s3", region_name="us-east-1", endpoint_url=self.endpoint, **keys)
        client.create_bucket(Bucket="bucket")
        for path in filter(Path.is_file, self.folder.rglob("*")):
            client.upload_file(str(path), "bucket", f"root/{path.relative_to(self.folder)}")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def begin(self, folder, *arguments):
        """Starts `train` in a folder."""
        command = [sys.executable, "-m", "kerasaudio.train", *arguments]
        settings = {"cwd": folder, "env": self.environment, "text": True}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, **settings, **pipes)

    def train(self, folder, *arguments):
        process = self.begin(folder, *arguments)
        out, err = process.communicate()
        assert "very-secret" not in out + err
        return process.returncode, out, err


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    root = tmp_path_factory.mktemp("disk")
    audioset_standin.write(root / "audioset")
    random = np.random.default_rng(0)
    for genre in ("blues", "rock"):
        folder = root / "gtzan" / "genres_original" / genre
        folder.mkdir(parents=True)
        for split, count in {"train": 3, "valid": 1, "test": 1}.items():
            names = [name for name in filtered_clips(split) if name.startswith(genre)]
            for name in names[:count]:
                noise = random.uniform(-0.5, 0.5, 80_000)
                soundfile.write(folder / f"{name}.wav", noise, 22_050, subtype="PCM_16")
    return root


@pytest.fixture(scope="module")
def server(disk):
    found = Server(disk)
    yield found
    found.stop()


def weights(run):
    found = []
    with zipfile.ZipFile(run / "best.keras") as model:
        with h5py.File(io.BytesIO(model.read("model.weights.h5"))) as file:
            file.visititems(
                lambda _, each: found.append(each[()]) if isinstance(each, h5py.Dataset) else None
            )
    assert found
    return found


@pytest.mark.parametrize(
    "chosen", [SPEECH, (*GENRES, "--set", "fit.epochs=2")], ids=["speech", "genres"]
)
def test_weights_are_those_of_a_disk(chosen, server, disk, tmp_path):
    for root, folder in ((disk, "disk"), ("s3://bucket/root", "store")):
        home = tmp_path / folder
        home.mkdir()
        code, out, err = server.train(home, *chosen, "--data", root, "--cache", home / "cache")
        assert (code, err) == (0, ""), err  # the S3 client would abort a process that ends
        run = Path(re.search(r"run +(\S+)", out)[1])
    one, other = (weights(tmp_path / folder / run) for folder in ("disk", "store"))
    assert all(map(np.array_equal, one, other))


def test_what_is_missing_is_named(server, tmp_path):
    code, _, err = server.train(tmp_path, "--experiment", "gtzan_mlp", "--data", "s3://bucket/root")
    assert code == 2
    assert err.startswith("error: s3://bucket/root/gtzan/features_30_sec.csv was not found")
    assert len(err.splitlines()) == 1


def test_a_server_that_dies_while_training(server, disk, tmp_path):
    chosen = (*GENRES, "--set", "fit.epochs=15", "--cache-limit", "0")
    process = server.begin(tmp_path, *chosen, "--data", "s3://bucket/root")
    for line in process.stdout:
        if "epoch  1/15" in line:
            server.stop()
            break
    _, err = process.communicate()
    assert process.returncode == 2
    assert re.fullmatch(
        r"error: s3://bucket/root/gtzan/\S+ could not be read.*; try again\.\n", err
    )
    server.start()
    run = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    code, _, err = server.train(tmp_path, "--resume", run, "--cache-limit", "0")
    assert (code, err) == (0, "")
    code, _, err = server.train(tmp_path, *chosen, "--data", disk)
    assert (code, err) == (0, "")
    assert all(map(np.array_equal, weights(run), weights(run.with_name("gtzan_cnn1d-gap-002"))))
