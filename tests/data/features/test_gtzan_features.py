"""The 57 features against librosa, on synthetic sound, and the published table, on real clips."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.ndimage import median_filter

from kerasaudio.data.features import gtzan_filters
from kerasaudio.data.features.gtzan_features import FEATURES, RATE, features
from kerasaudio.data.features.running_median import running_median

BENCHMARK = Path(__file__).parents[3] / "tools" / "benchmark_features.py"
TINY_MEANS = [FEATURES.index("harmony_mean"), FEATURES.index("perceptr_mean")]


def synthetic(seconds=4.0, seed=0):
    """Chords that change, noise bursts twice a second, and a silent second."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    notes = random.choice([220.0, 261.6, 329.6, 392.0, 523.3], size=(int(seconds) + 1, 3))
    tone = sum(
        np.sin(2 * np.pi * notes[time.astype(int), voice] * 1.01 * time) for voice in range(3)
    )
    bursts = np.exp(-30 * (time % 0.5)) * random.normal(size=len(time))
    sound = 0.1 * tone + 0.2 * bursts
    sound[int(RATE) : 2 * RATE] = 0
    return sound.astype(np.float32)


def assert_features_equal(found, expected, relative):
    assert found[FEATURES.index("tempo")] == pytest.approx(
        expected[FEATURES.index("tempo")], rel=1e-12
    )
    np.testing.assert_allclose(found[TINY_MEANS], expected[TINY_MEANS], rtol=0, atol=1e-5)
    rest = np.delete(np.arange(len(FEATURES)), TINY_MEANS)
    worst = rest[np.argmax(np.abs(found[rest] / expected[rest] - 1))]
    assert found[worst] == pytest.approx(expected[worst], rel=relative), FEATURES[worst]


@pytest.mark.parametrize("seconds", [4.0, 3.1])
def test_features_are_librosas(seconds):
    sound = synthetic(seconds)
    plain = runpy.run_path(str(BENCHMARK))["plain_librosa"]
    assert_features_equal(features(sound), np.array(plain(sound)), relative=1e-4)


def test_features_are_the_published_ones(real_data):
    table = pd.read_csv(real_data / "gtzan" / "features_30_sec.csv").set_index("filename")
    clips = [
        path
        for path in sorted((real_data / "gtzan").rglob("*.wav"))
        if path.name != "jazz.00054.wav"
    ]
    if not clips:
        pytest.skip("needs GTZAN's clips")
    for clip in clips:
        sound, rate = soundfile.read(clip, dtype="float32")
        assert rate == RATE
        assert len(sound) == table.length[clip.name]
        assert_features_equal(
            features(sound), table.loc[clip.name, list(FEATURES)].to_numpy(float), relative=1e-4
        )


def test_silence_has_finite_features():
    found = dict(zip(FEATURES, features(np.zeros(RATE, np.float32)), strict=True))
    assert all(np.isfinite(value) for value in found.values())
    assert found["tempo"] == 0
    assert found["rms_mean"] == found["spectral_centroid_mean"] == found["chroma_stft_mean"] == 0


def test_a_pure_tone():
    """A sine of 1 kHz, amplitude 0.5: rms 0.5 / sqrt(2), 2000 sign changes a second."""
    sound = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    found = dict(zip(FEATURES, features(sound), strict=True))
    assert found["rms_mean"] == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert found["zero_crossing_rate_mean"] == pytest.approx(2000 / RATE, rel=0.05)
    assert found["spectral_centroid_mean"] == pytest.approx(1000, rel=0.02)
    assert found["harmony_var"] > 50 * found["perceptr_var"]


@pytest.mark.parametrize("tuning", [0.0, -0.5, 0.37])
def test_filters_are_librosas(tuning):
    from librosa import filters

    bank = filters.mel(sr=RATE, n_fft=gtzan_filters.FRAME, n_mels=gtzan_filters.MEL_BANDS)
    np.testing.assert_allclose(gtzan_filters.mel_filters().T, bank, rtol=1e-4, atol=1e-8)
    bank = filters.chroma(sr=RATE, n_fft=gtzan_filters.FRAME, tuning=tuning)
    np.testing.assert_allclose(gtzan_filters.chroma_filters(tuning), bank, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("shape", [(1292, 300), (16, 7), (31, 1), (17, 192), (40, 193)])
def test_running_median_is_scipys(shape):
    values = np.random.default_rng(1).choice(100, size=shape).astype(np.float32)
    np.testing.assert_array_equal(
        running_median(values), median_filter(values, size=(31, 1), mode="reflect")
    )


@pytest.mark.parametrize("frames", [1, 4, 15])
def test_running_median_of_less_than_a_window(frames):
    values = np.random.default_rng(2).normal(size=(frames, 5)).astype(np.float32)
    np.testing.assert_array_equal(
        running_median(values), median_filter(values, size=(31, 1), mode="reflect")
    )
