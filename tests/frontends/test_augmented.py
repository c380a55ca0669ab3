"""Augmentations do what they say to training examples, and nothing to any others."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
import soundfile

from kerasaudio.errors import UserError
from kerasaudio.frontends.augmented import Augmented
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.mixup import Mixup
from kerasaudio.frontends.noise import noise_bank
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.sound_augmentations import Gain, Noise, TimeShift
from kerasaudio.frontends.spec_augment import SpecAugment
from kerasaudio.frontends.standardize import Standardize

RATE, SAMPLES = 8_000, 4_000


@pytest.fixture
def sound():
    random = np.random.default_rng(0)
    return random.uniform(-0.5, 0.5, (64, SAMPLES)).astype(np.float32)


@pytest.fixture
def noises(tmp_path):
    """A folder with a tone at another rate, a click train, and files that are passed over."""
    folder = tmp_path / "noises"
    (folder / "deeper").mkdir(parents=True)
    tone = 0.3 * np.sin(np.arange(16_000) * 0.1)
    soundfile.write(folder / "a.flac", np.stack([tone, tone], axis=1), 16_000)
    soundfile.write(folder / "deeper" / "b.WAV", np.tile([0.9, 0, 0, 0], 500), RATE)
    soundfile.write(folder / "._a.wav", tone, RATE)
    (folder / "broken.wav").write_bytes(b"RIFF")
    (folder / "notes.txt").write_text("no sound")
    return folder


def model_of(change, shape=(SAMPLES,), rate=RATE):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(shape)
    return keras.Model(inputs, change(inputs, rate))


def changed(change, batch):
    return np.asarray(model_of(change, batch.shape[1:])(batch, training=True))


@pytest.mark.parametrize("kind", ["shift", "gain", "noise", "masks", "mixup"])
def test_only_training_examples_are_changed_and_each_one_differently(kind, sound, noises):
    change, batch = {
        "shift": (TimeShift(0.1), sound),
        "gain": (Gain(), sound),
        "noise": (Noise(str(noises)), sound),
        "masks": (SpecAugment(), sound.reshape(64, 50, 80)),
        "mixup": (Mixup(1.0), sound),
    }[kind]
    model = model_of(change, batch.shape[1:])
    np.testing.assert_array_equal(model(batch), batch)
    np.testing.assert_array_equal(model.predict(batch, verbose=0), batch)
    once, again = np.asarray(model(batch, training=True)), np.asarray(model(batch, training=True))
    assert (once != batch).any(axis=tuple(range(1, batch.ndim))).mean() > 0.9
    assert (once != again).any()
    loaded = type(model).from_config(model.get_config())
    np.testing.assert_array_equal(loaded(batch), batch)


def test_a_shift_is_a_roll_by_at_most_its_seconds(sound):
    found = changed(TimeShift(0.01), sound)
    shifts = []
    for before, after in zip(sound, found, strict=True):
        fits = [n for n in range(-80, 81) if (np.roll(before, n) == after).all()]
        shifts += fits
    assert len(shifts) == 64
    assert min(shifts) < -40 and max(shifts) > 40


def test_gains_are_spread_evenly_over_their_decibels(sound):
    factors = (changed(Gain(12), sound) / sound)[:, :100]
    np.testing.assert_allclose(factors, factors[:, :1].repeat(100, axis=1), rtol=1e-4)
    decibels = 20 * np.log10(factors[:, 0])
    assert -12 <= decibels.min() < -9 and 9 < decibels.max() <= 12
    assert abs(decibels.mean()) < 3


def test_noise_has_the_ratio_and_is_of_the_folder(sound, noises):
    noise_bank.cache_clear()
    bank = noise_bank(str(noises), RATE)
    assert len(bank) == 8_000 + 2_000
    found = changed(Noise(str(noises), 3, 9), sound) - sound
    ratio = 10 * np.log10((sound**2).mean(axis=1) / (found**2).mean(axis=1))
    assert 2.9 < ratio.min() < 4 and 8 < ratio.max() < 9.1
    piece = found[0] / np.sqrt((found[0] ** 2).mean())
    doubled = np.concatenate([bank, bank])
    starts = range(len(bank))
    pieces = (doubled[start : start + SAMPLES] for start in starts)
    best = max(np.corrcoef(piece, each)[0, 1] for each in pieces if each.std())
    assert best > 0.9999
    silent = changed(Noise(str(noises)), np.zeros((2, SAMPLES), np.float32))
    assert not silent.any()


def test_a_file_that_is_no_noise_is_told_once(noises, capsys):
    noise_bank.cache_clear()
    noise_bank(str(noises), RATE)
    told = capsys.readouterr().out
    assert "noise     1 files are passed over; the first:" in told
    assert "broken.wav could not be read as sound" in told
    noise_bank(str(noises), RATE)
    assert capsys.readouterr().out == ""


def test_a_folder_without_noise_is_one_line(tmp_path):
    with pytest.raises(UserError, match="found no recording in .*: expected a folder"):
        model_of(Noise(str(tmp_path)))
    with pytest.raises(UserError, match="found no recording in .*nowhere"):
        model_of(Noise(str(tmp_path / "nowhere")))


def test_masks_are_whole_bands_and_frames_at_the_lowest_value():
    random = np.random.default_rng(0)
    batch = random.uniform(-80, 0, (200, 30, 40)).astype(np.float32)
    found = changed(SpecAugment(1, 8, 1, 5), batch)
    lowest = batch.min(axis=(1, 2), keepdims=True)
    masked = (found == lowest) & (batch != lowest)
    np.testing.assert_array_equal(found[~masked], batch[~masked])
    bands, frames = masked.mean(axis=1) > 0.9, masked.mean(axis=2) > 0.9
    widths = {"bands": bands.sum(axis=1), "frames": frames.sum(axis=1)}
    assert set(widths["bands"]) == set(range(9))
    assert set(widths["frames"]) == set(range(6))
    for row in (*bands, *frames):
        assert np.abs(np.diff(np.pad(row.astype(int), 1))).sum() in (0, 2)  # in one piece
    # Every place can be masked, the first and the last too.
    assert bands.any(axis=0).all() and frames.any(axis=0).all()


def test_masks_wider_than_the_spectrogram_fit_into_it():
    batch = np.random.default_rng(0).uniform(size=(20, 4, 5)).astype(np.float32)
    assert changed(SpecAugment(1, 99, 1, 99), batch).shape == batch.shape


def test_mixup_keeps_the_larger_share_of_each_example(sound):
    model = model_of(Mixup(0.4))
    found = np.asarray(model(sound, training=True))
    share = float(model.layers[-1].share)
    assert 0.5 <= share <= 1
    expected = share * sound + (1 - share) * np.roll(sound, 1, axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_front_end_of_all_of_them_is_the_inner_one_without_training(sound, noises):
    inner = Normalized(LogMel(window=256, hop=128, bands=32))
    whole = Augmented(
        inner,
        before=(TimeShift(0.1), Gain(), Noise(str(noises))),
        after=(SpecAugment(), Mixup()),
    )
    found, plain = model_of(whole), model_of(inner)
    np.testing.assert_array_equal(found(sound[:4]), plain(sound[:4]))
    assert (np.asarray(found(sound[:4], training=True)) != np.asarray(plain(sound[:4]))).any()
    assert found.output_shape == plain.output_shape
    config = json.dumps(found.get_config())
    assert "SpecAugment" in config and len(config) < 20_000  # no noise in it


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Augmented(LogMel(), (Mixup(),), (Mixup(),)), "2 of Mixup: expected one"),
        (lambda: Mixup(0), "Mixup.alpha is 0: expected a number above 0"),
        (lambda: TimeShift(-1), "TimeShift.seconds is -1"),
        (lambda: Noise("x", 10, 5), r"Noise.highest is 5: expected at least 10 \(lowest\)"),
        (lambda: replace(SpecAugment(), bands=-1), "SpecAugment.bands is -1: expected 0 or more"),
        (lambda: model_of(Augmented(Standardize(), (Gain(),)), (57,), None), "Gain changes sound"),
        (lambda: model_of(SpecAugment(), (57,), None), "masks spectrograms: found inputs of shape"),
    ],
)
def test_what_does_not_fit_is_one_line(make, told):
    with pytest.raises(UserError, match=told):
        make()
