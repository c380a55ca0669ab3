"""Reading against soundfile and librosa, for every kind of file that people have."""

import os
import struct
import subprocess

import librosa
import numpy as np
import pytest
import soundfile
import tensorflow as tf

from kerasaudio.data.sound import decoders
from kerasaudio.data.sound.decoders import has_ffmpeg
from kerasaudio.data.sound.read import read, read_windows
from kerasaudio.data.sound.wav import parse as wav_header
from kerasaudio.data.sound.wav import read_numbers
from kerasaudio.data.sound.windows import Window, examples
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
        window = read_windows(path, RATE, [(start, 3000)])[0]
        np.testing.assert_allclose(window, expected[start : start + 3000], rtol=0, atol=1e-6)


def test_another_rate_is_what_librosa_gives_whole_and_in_windows(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(channels=2), RATE)
    expected = librosa.load(path, sr=16_000)[0]
    np.testing.assert_allclose(read(path, 16_000), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        read_windows(path, 16_000, [(500, 2000)])[0], expected[500:2500], rtol=0, atol=1e-6
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
    expected = [read_windows(places[n][0], RATE, [(places[n][1], 2500)])[0] for n in order]
    np.testing.assert_array_equal(np.concatenate([inputs for inputs, _ in batches]), expected)
    both = found + found
    assert len(both) == len(both.inputs) == 8
    in_order = list(both.inputs.batches(None, both.targets, 32).as_numpy_iterator())
    np.testing.assert_array_equal(in_order[0][0][[7, 4, 6, 5]], expected)


@pytest.mark.parametrize(
    ("suffix", "container", "subtype"),
    [
        *KINDS,
        ("aiff", "AIFF", "PCM_16"),
        ("caf", "CAF", "PCM_16"),
        ("w64", "W64", "PCM_16"),
        ("rf64", "RF64", "PCM_16"),
        ("opus", "OGG", "OPUS"),
    ],
)
def test_a_file_that_is_cut_off_is_refused(tmp_path, suffix, container, subtype):
    path = tmp_path / f"clip.{suffix}"
    rate = 48_000 if subtype == "OPUS" else RATE
    soundfile.write(path, sound(40_000), rate, format=container, subtype=subtype)
    assert len(read(path, rate)) >= 40_000
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    with pytest.raises(UserError, match="cut off|could not be read"):
        read(path, rate)


def test_a_header_that_a_pipe_wrote_promises_nothing(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert len(read(path, RATE)) == 9000


def test_a_window_behind_the_end_is_refused(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:9044])
    with pytest.raises(UserError, match="ends before sample 5000"):
        read_windows(path, RATE, [(4000, 1000)])[0]


@pytest.mark.parametrize("peak", [1e20, 3e38, 9000])
def test_samples_on_another_scale_are_refused(tmp_path, peak):
    path = tmp_path / "loud.wav"
    soundfile.write(path, sound() * np.float32(peak), RATE, subtype="FLOAT")
    for reader in (lambda: read(path, RATE), lambda: read_windows(path, RATE, [(0, 5000)])[0]):
        with pytest.raises(UserError, match="has a peak of"):
            reader()
    wav = wav_header(path)
    with pytest.raises(UserError, match="beyond 10"):
        read_numbers(path, wav, 0, np.empty(5000, np.float32))
    soundfile.write(path, sound() * 8, RATE, subtype="FLOAT")  # 18 dB too loud, and still sound
    assert np.abs(read(path, RATE)).max() > 3


def test_a_rate_that_no_sound_has_is_refused(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[24:28] = struct.pack("<I", 34)
    path.write_bytes(data)
    with pytest.raises(UserError, match="rate of 34 Hz: expected 1,000 to"):
        read(path, RATE)


def test_an_mp3_that_promises_terabytes_takes_no_more_memory_than_it_has_sound(tmp_path):
    path = tmp_path / "clip.mp3"
    soundfile.write(path, sound(40_000), RATE, format="MP3", subtype="MPEG_LAYER_III")
    data = bytearray(path.read_bytes())
    place = max(data.find(b"Xing"), data.find(b"Info"))
    data[place + 8 : place + 12] = b"\x3f\xff\xff\xff"  # frames of 576 samples
    path.write_bytes(data)
    with pytest.raises(UserError, match="cut off: its header promises"):
        read(path, RATE)


def test_an_mp3_that_does_not_count_its_frames_is_not_cut_off_by_an_estimate(tmp_path):
    path = tmp_path / "clip.mp3"
    soundfile.write(path, sound(40_000), RATE, format="MP3", subtype="MPEG_LAYER_III")
    data = path.read_bytes()
    place = max(data.find(b"Xing"), data.find(b"Info"))
    picture = b"ID3\x03\0\0\0\0\x4e\x10" + bytes(10_000)  # a tag that makes the file longer
    path.write_bytes(picture + data[:place] + bytes(120) + data[place + 120 :])
    assert len(read(path, RATE)) > 39_000


def test_a_name_that_is_no_utf_8_is_opened(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    with path.open("wb") as file:
        soundfile.write(file, sound(), RATE, format="WAV", subtype="PCM_16")
    assert len(read(path, RATE)) == 9000 == len(read_windows(path, RATE, [(0, 9000)])[0])


def test_ffmpeg_reads_what_libsndfile_does_not(tmp_path, monkeypatch):
    """A script stands in for ffmpeg: it writes a WAV file and says what it was asked for."""
    soundfile.write(tmp_path / "sound.wav", sound(), RATE, subtype="FLOAT")
    (tmp_path / "clip.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(99))
    with (
        monkeypatch.context() as without,
        pytest.raises(UserError, match="its content is MP4.*install ffmpeg"),
    ):
        without.setattr(decoders, "has_ffmpeg", lambda: False)
        read(tmp_path / "clip.m4a", RATE)
    script = tmp_path / "bin" / "ffmpeg"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nfor last; do :; done\n'
        f'cp {tmp_path}/sound.wav "$last"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    np.testing.assert_array_equal(read(tmp_path / "clip.m4a", RATE), sound()[:, 0])
    asked = (tmp_path / "asked").read_text()
    assert "-protocol_whitelist file -f mov -i file:/" in asked  # it never guesses a playlist


@pytest.mark.skipif(not has_ffmpeg(), reason="needs ffmpeg")
def test_ffmpeg_reads_aac(tmp_path):
    soundfile.write(tmp_path / "clip.wav", sound(40_000), RATE)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "clip.wav", "clip.m4a"], cwd=tmp_path, check=True
    )
    np.testing.assert_allclose(read(tmp_path / "clip.m4a", RATE), sound(40_000)[:, 0], atol=0.1)


@pytest.mark.parametrize("content", [b"", b"hello, this is text\n", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_sound_is_refused(tmp_path, content):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(UserError, match="clip.wav"):
        read(path, RATE)
    with pytest.raises(UserError, match="clip.wav"):
        read_windows(path, RATE, [(0, 10)])[0]


def test_a_missing_file_and_samples_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(UserError, match="was not found"):
        read_windows(tmp_path / "none.wav", RATE, [(0, 10)])[0]
    wave = sound()
    wave[17] = np.nan
    soundfile.write(tmp_path / "nan.wav", wave, RATE, subtype="FLOAT")
    with pytest.raises(UserError, match="not numbers"):
        read(tmp_path / "nan.wav", RATE)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UserError, match=r"pipe\.wav is no file: expected a sound file"):
        read(tmp_path / "pipe.wav", 22_050)
