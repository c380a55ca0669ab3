"""What is known of a recording after it was read."""

import errno

import numpy as np
import pytest
import soundfile

from kerasaudio.data.own import heard
from kerasaudio.data.stores.store import StoreError


def test_activity_is_that_of_the_place_also_late_in_a_recording(tmp_path):
    rate = 22_050  # 0.01 s are no whole number of samples
    sound = np.zeros(600 * rate, np.float32)
    sound[590 * rate : 594 * rate] = 0.5
    soundfile.write(tmp_path / "long.wav", sound, rate)
    (found,) = heard.listen([tmp_path / "long.wav"], rate).values()
    each = [found.activity(start, start + 2) for start in (588, 590, 592, 594)]
    assert each == pytest.approx([0, 1, 1, 0], abs=0.01)


def test_a_network_that_fails_is_no_bad_recording(tmp_path, monkeypatch):
    def refused(path):
        raise StoreError(errno.ECONNREFUSED, "Connection refused", str(path))

    soundfile.write(tmp_path / "a.wav", np.ones(8000), 8000)
    monkeypatch.setattr(heard, "read_channels", refused)
    with pytest.raises(StoreError):
        heard.listen([tmp_path / "a.wav"], 8000)
