"""Arrays of every version of the .npy format are read as numpy reads them."""

import numpy as np
import pytest

from kerasaudio.data.sound.arrays import ClipFiles
from kerasaudio.data.sound.stored import stored
from kerasaudio.errors import UserError


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("shape", [(600,), (1, 600), (600, 1), (10, 60), (10, 1, 60)])
def test_every_version_and_shape(tmp_path, version, shape):
    path = tmp_path / "clip.npy"
    samples = np.arange(-300, 300, dtype="<i2")
    with path.open("wb") as file:
        np.lib.format.write_array(file, samples.reshape(shape), version=version)
    found = stored(path, 600)
    files = ClipFiles((found,), 12_000, 600, 1.0)
    ((inputs, _),) = files.batches(None, np.zeros(1), 1).as_numpy_iterator()
    np.testing.assert_allclose(inputs[0], (samples + 0.5) / 32_767.5, atol=1e-6)


def test_a_header_that_promises_gigabytes_is_refused(tmp_path):
    path = tmp_path / "clip.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100))
    with pytest.raises(UserError, match=r"is no \.npy file"):
        stored(path, 10)
