"""Every front end says whether it takes sound of any length."""

import pytest

from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.low_pass import LowPass
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.scaling import Scaling
from kerasaudio.frontends.standardize import Standardize
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.frontends.windows import Windows


@pytest.mark.parametrize(
    ("frontend", "expected"),
    [
        (LogMel, False),
        (LowPass, True),
        (Normalized, False),
        (Scaling, False),
        (Standardize, False),
        (Waveform, False),
        (Windows, True),
    ],
)
def test_only_front_ends_that_cut_windows_take_any_length(frontend, expected):
    assert frontend.any_length is expected
