"""Fixtures: commands in this process, stand-ins, a trained run, and real data if there is any.

The environment variable KERASAUDIO_DATA names the root of real data.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kerasaudio.commandline import running
from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.data.standins import standin


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Callable[..., Outcome]:
    """Runs a command of kerasaudio in an empty folder: command("train", "--list")."""
    monkeypatch.chdir(tmp_path)

    def call(name: str, *arguments: object) -> Outcome:
        capsys.readouterr()
        main = importlib.import_module(f"kerasaudio.{name}").main
        code = running.exit_code(main, [str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return call


NORMALISED = """
from dataclasses import dataclass, replace
from keras import layers
from kerasaudio.experiment.catalogue import load

experiment = load("gtzan_mlp").experiment

@dataclass(frozen=True)
class Normalised:
    units: int
    def __call__(self, features, labels):
        return layers.Dense(labels)(layers.BatchNormalization()(layers.Dense(self.units)(features)))

def space(hp):
    return replace(experiment, model=Normalised(hp.Choice("units", UNITS)))
"""


@pytest.fixture
def normalised(tmp_path: Path) -> Callable[..., Path]:
    """Writes an experiment file whose trials cannot be stacked, one for each number of units."""

    def write(*units: int) -> Path:
        path = tmp_path / "own.py"
        path.write_text(NORMALISED.replace("UNITS", str(list(units))))
        return path

    return write


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is kept where the user's own programs keep it."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def standin_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with GTZAN's stand-in table."""
    root = tmp_path_factory.mktemp("standin")
    standin.write_marker(root)
    GtzanFeatures().write_standin(root)
    return root


@pytest.fixture(scope="session")
def sounding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with GTZAN's stand-in clips."""
    from kerasaudio.data.gtzan_audio import GtzanAudio

    root = tmp_path_factory.mktemp("sounding")
    standin.write_marker(root)
    GtzanAudio().write_standin(root)
    return root


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, standin_root: Path) -> Path:
    """The run folder of gtzan_mlp after four epochs on the stand-in."""
    from kerasaudio.experiment.catalogue import load
    from kerasaudio.experiment.overrides import adjusted
    from kerasaudio.runs.train import train

    path = tmp_path_factory.mktemp("runs") / "gtzan_mlp-001"
    experiment = adjusted(load("gtzan_mlp").experiment, ["fit.epochs=4"], None)
    return train(experiment, "gtzan_mlp", standin_root, path).path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The data root that KERASAUDIO_DATA names."""
    root = os.environ.get("KERASAUDIO_DATA")
    if not root:
        pytest.skip("needs real data: set KERASAUDIO_DATA to a data root")
    return Path(root).resolve()
