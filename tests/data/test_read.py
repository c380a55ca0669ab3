"""Reading against soundfile and librosa, for every kind of file that people have."""

import struct

import librosa
import numpy as np
import pytest
import soundfile
import tensorflow as tf

from kerasaudio.data.read import read, read_window
from kerasaudio.data.windows import Window, examples
from kerasaudio.errors import UserError

RATE = 22_050
KINDS = [
    ("wav", "WAV", "PCM_U8"),
    ("wav", "WAV", "PCM_16"),
    ("wav", "WAV", "PCM_24"),
    ("wav", "WAV", "PCM_32"),
    ("wav", "WAV", "FLOAT"),
    ("wav", "WAV", "DOUBLE"),
    ("wav", "WAV", "ULAW"),
    ("wav", "WAVEX", "PCM_16"),
    ("wav", "WAVEX", "PCM_24"),
    ("au", "AU", "PCM_16"),
    ("flac", "FLAC", "PCM_16"),
    ("ogg", "OGG", "VORBIS"),
    ("mp3", "MP3", "MPEG_LAYER_III"),
]


def sound(samples=9000, channels=1):
    time = np.arange(samples)[:, None] / RATE
    wave = 0.5 * np.sin(2 * np.pi * time * np.array([440.0, 660.0])[:channels])
    return (wave + 0.01 * np.random.default_rng(0).normal(size=wave.shape)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("suffix", "container", "subtype"), KINDS)
def test_equals_soundfile_whole_and_in_windows(tmp_path, suffix, container, subtype, channels):
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, sound(channels=channels), RATE, format=container, subtype=subtype)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
    whole = read(path, RATE)
    assert (whole.dtype, whole.ndim) == (np.float32, 1)
    np.testing.assert_allclose(whole, expected, rtol=0, atol=1e-6)
    for start in (0, 1000, len(expected) - 3000):
        window = read_window(path, RATE, start, 3000)
        np.testing.assert_allclose(window, expected[start : start + 3000], rtol=0, atol=1e-6)


def test_another_rate_is_what_librosa_gives_whole_and_in_windows(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(channels=2), RATE)
    expected = librosa.load(path, sr=16_000)[0]
    np.testing.assert_allclose(read(path, 16_000), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        read_window(path, 16_000, 500, 2000), expected[500:2500], rtol=0, atol=1e-6
    )


def test_a_chunk_of_odd_length_before_the_samples_is_passed_over(tmp_path):
    path = tmp_path / "clip.wav"
    samples = (1000 * np.sin(np.arange(800) / 9)).astype("<i2")
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    chunks = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in ((b"fmt ", form), (b"LIST", b"odd"), (b"data", samples.tobytes()))
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    np.testing.assert_allclose(read(path, RATE), samples / 32768, rtol=0, atol=1e-7)


def test_windows_come_in_batches_inside_tf_data(tmp_path):
    paths = [tmp_path / f"{name}.wav" for name in ("one", "two")]
    for number, path in enumerate(paths):
        soundfile.write(path, sound() * (0.5 + 0.5 * number), RATE)
    places = list(zip(paths * 2, [0, 0, 2000, 6000], strict=True))
    found = examples(
        [Window(path.stem, n, path, n, start) for n, (path, start) in enumerate(places)], RATE, 2500
    )
    order = [3, 0, 2, 1]
    numbers = tf.data.Dataset.from_tensor_slices(np.array(order, np.int64))
    batches = list(found.inputs.batches(numbers, found.targets, 3).as_numpy_iterator())
    assert [targets.tolist() for _, targets in batches] == [order[:3], order[3:]]
    expected = [read_window(places[n][0], RATE, places[n][1], 2500) for n in order]
    np.testing.assert_array_equal(np.concatenate([inputs for inputs, _ in batches]), expected)
    both = found + found
    assert len(both) == len(both.inputs) == 8
    in_order = list(both.inputs.batches(None, both.targets, 32).as_numpy_iterator())
    np.testing.assert_array_equal(in_order[0][0][[7, 4, 6, 5]], expected)


def test_a_truncated_file_gives_what_is_there(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, subtype="PCM_16")
    whole = read(path, RATE)
    path.write_bytes(path.read_bytes()[:9044])
    np.testing.assert_array_equal(read(path, RATE), whole[:4500])
    with pytest.raises(UserError, match="ends before sample 5000"):
        read_window(path, RATE, 4000, 1000)


@pytest.mark.parametrize("content", [b"", b"hello, this is text\n", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_sound_is_refused(tmp_path, content):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(UserError, match="clip.wav"):
        read(path, RATE)
    with pytest.raises(UserError, match="clip.wav"):
        read_window(path, RATE, 0, 10)


def test_a_missing_file_and_samples_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(UserError, match="could not be read"):
        read_window(tmp_path / "none.wav", RATE, 0, 10)
    wave = sound()
    wave[17] = np.nan
    soundfile.write(tmp_path / "nan.wav", wave, RATE, subtype="FLOAT")
    with pytest.raises(UserError, match="not numbers"):
        read(tmp_path / "nan.wav", RATE)
