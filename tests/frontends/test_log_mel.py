"""LogMel, Normalized and Waveform, against librosa."""

import random

import keras
import librosa
import numpy as np
import pytest

from kerasaudio.errors import UserError
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.waveform import Waveform

RATE = 22_050


def model(frontend, samples=None, rate=RATE):
    inputs = keras.Input((samples,))
    return keras.Model(inputs, frontend(inputs, rate))


def sound(seed, samples=12_000):
    """Decaying tones over noise, with a silent stretch."""
    draw = np.random.default_rng(seed)
    time = np.arange(samples) / RATE
    tones = sum(
        np.sin(2 * np.pi * hz * time) * np.exp(-time * 4) for hz in draw.uniform(50, 9000, size=5)
    )
    wave = 0.15 * tones + 0.02 * draw.normal(size=samples)
    wave[samples // 3 : samples // 3 + 2000] = 0
    return wave.astype(np.float32)


def librosas(wave, frontend, rate=RATE):
    mel = librosa.feature.melspectrogram(
        y=wave,
        sr=rate,
        n_fft=frontend.window,
        hop_length=frontend.hop,
        n_mels=frontend.bands,
        fmin=frontend.min_hz,
        fmax=frontend.max_hz,
        power=frontend.power,
        htk=frontend.scale == "htk",
        norm=None if frontend.norm == "none" else "slaney",
        center=frontend.centred,
        pad_mode="reflect",
    )
    convert = librosa.power_to_db if frontend.power == 2 else librosa.amplitude_to_db
    reference = np.max if frontend.reference == "max" else frontend.reference
    return convert(mel, ref=reference, amin=frontend.floor, top_db=frontend.range_db).T


def random_frontend(seed):
    pick = random.Random(seed)
    window = pick.choice([256, 400, 512, 1024, 2048])
    return LogMel(
        window=window,
        hop=pick.choice([window // 4, window // 2, 160]),
        bands=pick.randint(20, 128),
        min_hz=pick.choice([0, 60.5]),
        max_hz=pick.choice([None, 8000.0]),
        power=pick.choice([1, 2]),
        scale=pick.choice(["slaney", "htk"]),
        norm=pick.choice(["slaney", "none"]),
        centred=pick.choice([True, False]),
        floor=pick.choice([1e-10, 1e-5]),
        reference=pick.choice([1.0, 0.01, "max"]),
        range_db=pick.choice([None, 80.0]),
    )


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.filterwarnings("ignore:Empty filters")
def test_equals_librosa_above_a_floor_of_60_db(seed):
    frontend = random_frontend(seed)
    wave = sound(seed)
    ours = np.array(model(frontend)(wave[None]))[0]
    theirs = librosas(wave, frontend)
    assert ours.shape == theirs.shape
    loud = theirs > theirs.max() - 60
    assert loud.mean() > 0.2
    np.testing.assert_allclose(ours[loud], theirs[loud], rtol=0, atol=1e-3)


def test_frames_are_as_many_as_in_the_paper():
    for window, frames in ((1024, 152), (512, 304), (256, 608)):
        frontend = LogMel(window=window, hop=window // 2)
        assert model(frontend, 152 * 512 - 1).output_shape == (None, frames, 128)
        assert model(
            LogMel(window=window, hop=window // 2, centred=False), 4 * window
        ).output_shape == (None, 7, 128)


@pytest.mark.filterwarnings("ignore:Empty filters")
def test_a_nominal_rate_spans_all_bins_with_another_spacing():
    wave = sound(1)
    frontend = LogMel(scale="htk", norm="none", nominal_rate=16_000)
    spectrum = np.abs(librosa.stft(wave, n_fft=1024, hop_length=512, pad_mode="reflect")) ** 2
    bank = librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=128, htk=True, norm=None)
    expected = 10 * np.log10(np.maximum(bank @ spectrum, 1e-10)).T
    loud = expected > expected.max() - 60
    np.testing.assert_allclose(
        np.array(model(frontend)(wave[None]))[0][loud], expected[loud], rtol=0, atol=1e-3
    )
    assert bank[-1, 511] > 0


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("reference", [1.0, "max"])
def test_stays_float32_and_finite_on_silence_full_scale_and_faint_noise(policy, reference):
    noise = 1e-8 * np.random.default_rng(0).normal(size=8000)
    waves = np.stack(
        [np.zeros(8000), np.sign(np.sin(np.arange(8000) / 7)), np.ones(8000), noise]
    ).astype(np.float32)
    frontend = LogMel(reference=reference)
    plain = np.array(model(frontend)(waves))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        found = model(frontend)(waves)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert np.isfinite(np.array(found)).all()
    np.testing.assert_array_equal(np.array(found), plain)


def test_silence_is_the_floor():
    quiet = np.zeros((1, 4096), np.float32)
    np.testing.assert_allclose(model(LogMel())(quiet), -100, rtol=1e-6)
    np.testing.assert_allclose(model(LogMel(reference="max"))(quiet), 0, atol=1e-6)


def test_comes_back_from_a_file_with_its_fields(tmp_path):
    frontend = LogMel(window=512, hop=160, bands=40, scale="htk", nominal_rate=16_000)
    first = model(Normalized(frontend), 4000)
    first.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    wave = sound(2, 4000)[None]
    np.testing.assert_array_equal(again(wave), first(wave))
    assert not first.trainable_weights


def test_waveform_adds_an_axis():
    wave = sound(3, 300)[None]
    np.testing.assert_array_equal(model(Waveform(), 300)(wave), wave[..., None])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hop": 2048}, "hop <= window"),
        ({"bands": 0}, "frontend.bands is 0"),
        ({"floor": 0.0}, "must be above 0"),
        ({"reference": -1.0}, "must be above 0"),
        ({"range_db": 0.0}, "expected more than 0"),
        ({"max_hz": 12_000.0}, "no range in 0 to 11025"),
        ({"min_hz": 9000.0, "max_hz": 8000.0}, "no range"),
        ({"max_hz": 9000.0, "nominal_rate": 16_000}, "no range in 0 to 8000"),
    ],
)
def test_invalid_fields_are_refused(fields, message):
    with pytest.raises(UserError, match=message):
        model(LogMel(**fields), 4000)


@pytest.mark.parametrize("frontend", [LogMel(), Waveform()])
def test_tables_are_refused(frontend):
    with pytest.raises(UserError, match="needs sound"):
        frontend(keras.Input((57, 2)), None)
