"""Windows, FlatSpectrogram and LowPass, against cuts by hand, librosa and numpy.fft."""

import keras
import librosa
import numpy as np
import pytest

from kerasaudio.errors import UserError
from kerasaudio.frontends.low_pass import LowPass
from kerasaudio.frontends.spectrogram import FlatSpectrogram
from kerasaudio.frontends.windows import Windows, cut

RATE = 12_000


def build(frontend, samples=None):
    inputs = keras.Input((samples,))
    return keras.Model(inputs, frontend(inputs, RATE))


def sound(seed, samples):
    """Tones at full-scale levels and at faint ones, over noise."""
    draw = np.random.default_rng(seed)
    time = np.arange(samples) / RATE
    tones = sum(
        level * np.sin(2 * np.pi * draw.uniform(80, 5000) * time) for level in (0.4, 0.2, 0.01)
    )
    return (tones + 0.001 * draw.normal(size=samples)).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (6, [[0, 1, 2], [3, 4, 5]]),
        (8, [[0, 1, 2], [3, 4, 5]]),  # what does not fill a window is dropped
        (3, [[0, 1, 2]]),
        (2, [[0, 1, 0]]),  # shorter than one: silence follows
    ],
)
def test_sound_is_cut_from_its_beginning(samples, expected):
    wave = np.arange(samples, dtype=np.float32)[None]
    np.testing.assert_array_equal(cut(wave, 3)[0], expected)
    np.testing.assert_array_equal(build(Windows(3))(wave)[0, ..., 0], expected)


def test_a_clip_of_magnatagatune_has_ten_windows():
    assert build(Windows(), 349_500).output_shape == (None, 10, 34_950, 1)
    assert build(Windows()).output_shape == (None, None, 34_950, 1)


def test_the_spectrogram_of_a_window_has_201_bins_of_175_frames():
    assert build(Windows(inner=FlatSpectrogram()), 349_500).output_shape == (None, 10, 35_175, 1)


def test_the_spectrogram_is_librosas_bin_after_bin():
    wave = sound(1, 3 * 5000)
    found = np.array(build(Windows(5000, FlatSpectrogram()))(wave[None]))[0, ..., 0]
    for number in range(3):
        window = wave[number * 5000 : (number + 1) * 5000]
        power = (
            np.abs(
                librosa.stft(window, n_fft=400, hop_length=200, window="hann", pad_mode="reflect")
            )
            ** 2
        )
        assert power.shape == (201, 26)
        np.testing.assert_allclose(
            found[number], np.log1p(10_000 * power).reshape(-1), rtol=0, atol=5e-3
        )


def numpys(wave, loudest):
    spectrum = np.fft.rfft(wave.astype(np.float64))
    highest = np.argsort(np.abs(spectrum))[-loudest:].max()
    spectrum[highest + 1 :] = 0
    return np.fft.irfft(spectrum, len(wave))


@pytest.mark.parametrize("samples", [6000, 6001])
@pytest.mark.parametrize("loudest", [1, 5, 20])
def test_the_low_pass_is_numpys_each_clip_with_a_limit_of_its_own(samples, loudest):
    waves = np.stack([sound(2, samples), sound(3, samples), np.zeros(samples, np.float32)])
    found = build(LowPass(loudest, Windows(samples)))(waves)
    assert found.shape == (3, 1, samples, 1)
    for ours, wave in zip(np.array(found)[:, 0, :, 0], waves, strict=True):
        np.testing.assert_allclose(ours, numpys(wave, loudest), atol=2e-6)


def test_the_low_pass_looks_at_the_whole_clip_before_it_is_cut():
    loud, faint = sound(4, 3000), 0.01 * sound(5, 3000)
    clip = np.concatenate([loud, faint])
    found = np.array(build(LowPass(20, Windows(3000)))(clip[None]))[0, ..., 0]
    np.testing.assert_allclose(found.reshape(-1), numpys(clip, 20), atol=2e-6)
    assert not np.allclose(found[1], numpys(faint, 20), atol=1e-4)


@pytest.mark.parametrize(
    "frontend", [Windows(700), Windows(700, FlatSpectrogram(64, 32)), LowPass(3, Windows(700))]
)
def test_comes_back_from_a_file(frontend, tmp_path):
    first = build(frontend)
    first.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for samples in (500, 700, 2200):
        wave = sound(6, samples)[None]
        np.testing.assert_array_equal(again(wave), first(wave))
    assert not first.weights


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Windows(0), "frontend.samples is 0"),
        (lambda: FlatSpectrogram(hop=500), "1 <= hop <= window"),
        (lambda: FlatSpectrogram(compression=0.0), "compression 0.0"),
        (lambda: LowPass(0), "frontend.loudest is 0"),
        (lambda: Windows()(keras.Input((57, 2)), None), "needs sound"),
    ],
)
def test_invalid_values_are_refused(make, message):
    with pytest.raises(UserError, match=message):
        make()


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("min_max", [-1.0, 0.0, 0.5, 0.25]),
        ("none", [-32_768.0, 0.0, 16_384.0, 8_192.0]),
        ("log", [-1.0, 0.0, np.log(16_385) / np.log(32_769), np.log(8_193) / np.log(32_769)]),
    ],
)
def test_samples_are_scaled(scale, expected):
    sound = np.array([[-1.0, 0.0, 0.5, 0.25]], np.float32)
    inputs = keras.Input((None,))
    model = keras.Model(inputs, Windows(4, scale=scale)(inputs, 12_000))
    np.testing.assert_allclose(np.asarray(model(sound)).ravel(), expected, rtol=1e-5)
