"""A series of folds is summed up wherever its experiment and its data are."""

import json
import shutil

import numpy as np
import pytest
import soundfile

RATE = 8000
MINE = """
from dataclasses import dataclass

from kerasaudio.data.own_sound import OwnSound
from kerasaudio.experiment import Experiment, Fit
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.models.frame_average import FrameAverage


@dataclass(frozen=True)
class Mine(FrameAverage):
    pass


experiment = Experiment(
    data=OwnSound(path="sounds", rate=8000, window=0.5, hop=0.5, folds=2, validation=0.5),
    frontend=LogMel(window=256, hop=128, bands=8),
    model=Mine(),
    fit=Fit(epochs=1),
)
"""


@pytest.fixture
def root(tmp_path):
    """Four recordings of each of two labels, whose names mean something to spreadsheets."""
    (tmp_path / "mine.py").write_text(MINE)
    for label, pitch in {"+low": 300, "@high": 2000}.items():
        for number in range(4):
            path = tmp_path / "A" / "sounds" / label / f"{label[1]}{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            time = np.arange(RATE // 2) / RATE
            noise = np.random.default_rng((pitch, number)).normal(size=len(time))
            soundfile.write(path, 0.3 * np.sin(2 * np.pi * pitch * time) + 0.02 * noise, RATE)
    return tmp_path


def test_folds_of_an_own_class_and_of_data_that_moved(command, root):
    mine, series = root / "mine.py", root / "runs" / "mine-001"
    told = command("train", "--experiment", mine, "--data", root / "A", "--folds", 2)
    assert told.code == 0, told.err
    pooled = json.loads((series / "folds.json").read_text())["pooled"]
    assert pooled[0]["n"] == 8
    (series / "folds.json").unlink()  # as if the process had been killed before it
    shutil.move(root / "A", root / "B")
    told = command("train", "--resume", series, "--experiment", mine, "--data", root / "B")
    assert told.code == 0, told.err
    assert json.loads((series / "folds.json").read_text())["pooled"] == pooled
