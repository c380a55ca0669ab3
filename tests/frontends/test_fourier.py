"""The short-time Fourier transform, also as a convolution, against librosa."""

import librosa
import numpy as np
import pytest

from kerasaudio.frontends.fourier import stft


@pytest.mark.parametrize("by_convolution", [False, True])
@pytest.mark.parametrize(("window", "hop"), [(1024, 512), (400, 160), (255, 100), (64, 64)])
@pytest.mark.parametrize("centred", [True, False])
def test_the_numbers_are_librosas(window, hop, centred, by_convolution):
    sound = np.random.default_rng(window).normal(scale=0.3, size=(2, 5_001)).astype(np.float32)
    expected = np.swapaxes(
        librosa.stft(sound, n_fft=window, hop_length=hop, center=centred, pad_mode="reflect"), 1, 2
    )
    real, imaginary = stft(sound, window, hop, centred, by_convolution)
    np.testing.assert_allclose(np.array(real) + 1j * np.array(imaginary), expected, atol=2e-4)


def test_every_axis_before_the_samples_stays():
    sound = np.random.default_rng(0).normal(size=(2, 3, 900)).astype(np.float32)
    real, imaginary = stft(sound, 128, 32, True, by_convolution=True)
    assert real.shape == imaginary.shape == (2, 3, 29, 65)
    alone, _ = stft(sound[1, 2], 128, 32, True, by_convolution=False)
    np.testing.assert_allclose(real[1, 2], alone, atol=1e-4)
