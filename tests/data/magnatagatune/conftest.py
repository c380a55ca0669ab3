"""The set that most tests of this folder use."""

import numpy as np
import pytest
from small_set import annotate, row, wave


@pytest.fixture
def home(tmp_path):
    """A clip a part, each the int16 of its number."""
    folder = tmp_path / "magnatagatune"
    annotate(
        folder,
        [
            row(n, f"{n:x}/clip-{n}.mp3", ("guitar", "sitar") if n % 2 else ("guitar",))
            for n in range(16)
        ],
    )
    for number in range(16):
        (folder / f"{number:x}").mkdir()
        np.save(folder / f"{number:x}" / f"clip-{number}.npy", wave(number))
    return folder
