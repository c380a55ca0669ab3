"""The commands of README and of the guide work one after the other, as they are written."""

import importlib.util
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[1]
RATE = 22_050
SHORTER = {  # what takes long, and what is run instead
    "--folds 5": "--folds 2",
    "--trials 24": "--trials 2 --epochs 1",
}


def commands(file, heading):
    """The commands of the code blocks below a heading, without comments."""
    text = "\n" + (ROOT / file).read_text(encoding="utf-8")
    _, _, section = text.partition(f"\n{heading}\n")
    blocks = re.findall(r"```bash\n(.*?)```", re.split(r"\n## |\n# ", section)[0], re.DOTALL)
    found = [line for block in blocks for line in block.splitlines() if "kerasaudio" in line]
    assert found, heading
    return found


@pytest.fixture
def music(tmp_path):
    """Tones and noise, nine recordings of each, and longer ones to listen to."""
    random = np.random.default_rng(0)
    time = np.arange(3 * RATE) / RATE
    for number in range(9):
        tone = 0.3 * np.sin(2 * np.pi * (300 + 90 * number) * time)
        noise = 0.1 * random.standard_normal(len(time))
        for label, sound in (("tone", tone), ("noise", noise)):
            folder = tmp_path / "music" / label
            folder.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / f"{label}{chr(97 + number)}.wav", sound, RATE)
    soundfile.write(tmp_path / "concert.wav", np.concatenate([noise, tone, noise]), RATE)
    (tmp_path / "new_songs").mkdir()
    soundfile.write(tmp_path / "new_songs" / "new.wav", tone, RATE)
    return tmp_path


@pytest.mark.parametrize(
    "file, heading",
    [
        ("README.md", "## Your own recordings"),
        ("experiments/own_sound.md", "# Your own recordings"),
        ("experiments/own_sound.md", "## A table of features instead"),
    ],
)
def test_commands_work_one_after_the_other(command, music, file, heading):
    for line in commands(file, heading):
        for long, short in SHORTER.items():
            line = line.replace(long, short)
        _, _, rest = line.partition("kerasaudio.")
        name, *arguments = shlex.split(rest, comments=True)
        if name == "train":
            arguments += ["--set", "fit.epochs=1"]
        outcome = command(name, *arguments)
        lacking = "litert" in arguments and not importlib.util.find_spec("ai_edge_litert")
        assert outcome.code == (2 if lacking else 0), f"{line}\n{outcome.out}\n{outcome.err}"
