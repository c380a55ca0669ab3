"""What an option's text becomes."""

import pytest

from kerasaudio.commandline import values


@pytest.mark.parametrize("size", ["ten", "10XB", "-1", "1e9GB"])
def test_sizes_that_are_none(command, size):
    told = command("train", "--experiment", "gtzan_mlp", "--cache-limit", size)
    assert (told.code, told.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("text", "size"), [("10GB", 10**10), ("1.5 TB", 15 * 10**11), ("500MB", 5 * 10**8), ("0", 0)]
)
def test_sizes(text, size):
    assert values.size(text) == size
