"""The recordings that most tests of this folder use."""

import pytest
from small_recordings import tone, write


@pytest.fixture
def root(tmp_path):
    """Six sources of two takes of each of two labels: cow/c0-0.wav, cow/c0-1.wav, ..."""
    for label, pitch in {"cow": 300, "owl": 900}.items():
        for source in range(6):
            for take in range(2):
                name = f"{label[0]}{source}-{take}.wav"
                sound = tone(pitch + 20 * source, 1.0, seed=take)
                write(tmp_path / "sounds" / label / name, sound)
    return tmp_path
