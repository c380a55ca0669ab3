"""WAV files whose samples are read where the header says: against libsndfile, sample by sample."""

import struct

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from kerasaudio.data.gtzan_clips import GENRES
from kerasaudio.data.sound import decoders
from kerasaudio.data.sound.clips import listed
from kerasaudio.data.sound.read import read, read_windows
from kerasaudio.data.sound.wav import FLOAT, PCM, parse
from kerasaudio.data.sound.windows import Window, examples
from kerasaudio.errors import UserError
from kerasaudio.training import pipeline

RATE, SAMPLES = 22_050, 2500
PLAIN = [
    (container, subtype)
    for container in ("WAV", "WAVEX", "RF64")
    for subtype in ("PCM_16", "PCM_24", "PCM_32", "FLOAT")
]
OTHER = [
    ("WAV", "PCM_U8"),
    ("WAV", "DOUBLE"),
    ("WAV", "ULAW"),
    ("WAV", "IMA_ADPCM"),
    ("WAVEX", "DOUBLE"),
    ("AU", "PCM_16"),
    ("W64", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
]


def sound(channels=1, samples=9000):
    return np.random.default_rng(channels).uniform(-1, 1, (samples, channels))


def windows(*places):
    found = [Window(path.stem, n, path, n, start) for n, (path, start) in enumerate(places)]
    return examples(found, RATE, SAMPLES)


def batches(found, order=None, size=32):
    numbers = None if order is None else tf.data.Dataset.from_tensor_slices(np.int64(order))
    with pipeline.reading():
        return [
            inputs
            for inputs, _ in found.inputs.batches(numbers, found.targets, size).as_numpy_iterator()
        ]


def expected(path, start):
    every = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
    return every[start : start + SAMPLES]


def chunks(*pairs):
    return b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in pairs
    )


def form(channels=1, width=2, tag=1, rate=RATE):
    frame = channels * width
    return struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, 8 * width)


def wav(body):
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("container", "subtype"), PLAIN)
def test_equals_libsndfile(tmp_path, container, subtype, channels):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(channels), RATE, format=container, subtype=subtype)
    header = parse(path)
    assert header.kind.tag == (FLOAT if subtype == "FLOAT" else PCM)
    assert (header.kind.channels, header.rate, header.frames) == (channels, RATE, 9000)
    starts = (0, 1, 1000, 9000 - SAMPLES)
    (found,) = batches(windows(*[(path, start) for start in starts]))
    wanted = np.stack([expected(path, start) for start in starts])
    tolerance = 0 if subtype == "PCM_16" else 1e-7
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("container", "subtype"), OTHER)
def test_all_other_files_are_left_to_libsndfile(tmp_path, container, subtype):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, format=container, subtype=subtype)
    assert parse(path) is None
    (found,) = batches(windows((path, 0), (path, 3000)))
    np.testing.assert_allclose(
        found[1], read_windows(path, RATE, [(3000, SAMPLES)])[0], rtol=0, atol=1e-7
    )


def test_files_of_every_kind_in_one_batch_and_other_rates(tmp_path):
    places = []
    for number, (container, subtype) in enumerate([*PLAIN, *OTHER[:4]]):
        path = tmp_path / f"{number}.wav"
        rate = 16_000 if number % 5 == 4 else RATE
        soundfile.write(path, sound(1 + number % 3), rate, format=container, subtype=subtype)
        places += [(path, 100 * number), (path, 4000)]
    order = np.random.default_rng(0).permutation(len(places))
    found = batches(windows(*places), order, 5)
    assert [len(batch) for batch in found] == [5] * 6 + [2]
    wanted = [read_windows(path, RATE, [(start, SAMPLES)])[0] for path, start in places]
    np.testing.assert_allclose(np.concatenate(found), np.stack(wanted)[order], rtol=0, atol=1e-7)


def test_gtzan_is_what_libsndfile_gives(real_data):
    places = []
    for clip in listed(real_data / "gtzan" / "genres_original", GENRES):
        if parse(clip.path):
            places += [(clip.path, start) for start in (0, 77_823, 600_001)]
    assert len(places) > 60
    found = np.concatenate(batches(windows(*places)))
    wanted = [read_windows(path, RATE, [(start, SAMPLES)])[0] for path, start in places]
    np.testing.assert_array_equal(found, wanted)


def test_chunks_before_the_samples_are_passed_over(tmp_path):
    path = tmp_path / "clip.wav"
    samples = (3000 * np.sin(np.arange(5000) / 9)).astype("<i2").tobytes()
    before = ((b"JUNK", bytes(28)), (b"fmt ", form()), (b"LIST", b"odd"), (b"id3 ", bytes(101)))
    path.write_bytes(wav(chunks(*before, (b"data", samples), (b"LIST", bytes(3000)))))
    assert parse(path).frames == 5000
    (found,) = batches(windows((path, 0), (path, 2500)))
    np.testing.assert_array_equal(
        np.concatenate(found), expected(path, 0).tolist() + expected(path, 2500).tolist()
    )
    with pytest.raises(UserError, match="ends before sample 5001"):  # not what follows the sound
        batches(windows((path, 2501)))


def test_headers_that_say_odd_things_are_left_to_libsndfile(tmp_path):
    path = tmp_path / "clip.wav"
    data = (b"data", bytes(20_000))
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    extension = form(tag=0xFFFE) + struct.pack("<HHI", 22, 16, 4) + guid
    for good in (form(), form(width=3), form(width=4, tag=3), extension):
        path.write_bytes(wav(chunks((b"fmt ", good), data)))
        assert parse(path), good
    for bad in (
        (data,),  # no format
        ((b"fmt ", form()),),  # no samples
        ((b"fmt ", form()[:12]), data),
        ((b"fmt ", form(channels=0)), data),
        ((b"fmt ", form()[:12] + struct.pack("<HH", 4, 16)), data),  # frames of four bytes
        ((b"fmt ", form()[:14] + struct.pack("<H", 12)), data),  # 12 bits
        ((b"fmt ", extension[:18] + struct.pack("<H", 12) + extension[20:]), data),
        ((b"fmt ", extension[:-1] + b"\0"), data),  # another subformat
        ((b"fmt ", form()), (b"JUNK", bytes(70_000)), data),  # a header that is too long
    ):
        path.write_bytes(wav(chunks(*bad)))
        assert parse(path) is None, bad[0]
    assert parse(tmp_path / "none.wav") is None
    assert parse(tmp_path) is None


def test_a_file_above_four_gigabytes_is_read_at_its_place_only(tmp_path):
    path, frames = tmp_path / "long.wav", 2_500_000_000
    head = b"RF64" + struct.pack("<I", 2**32 - 1) + b"WAVE"
    head += chunks((b"ds64", struct.pack("<QQQI", 2 * frames + 100, 2 * frames, frames, 0)))
    head += chunks((b"fmt ", form())) + b"data" + struct.pack("<I", 2**32 - 1)
    with path.open("wb") as file:
        file.write(head)
        file.seek(len(head) + 2 * (frames - SAMPLES))
        file.write(np.arange(SAMPLES, dtype="<i2").tobytes())
    assert parse(path).frames == frames
    (found,) = batches(windows((path, 0), (path, frames - SAMPLES)))
    np.testing.assert_array_equal(found, [np.zeros(SAMPLES), np.arange(SAMPLES) / 32_768])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: soundfile.write(path, sound(2), RATE), "has changed since"),
        (lambda path: soundfile.write(path, sound(), 16_000), "has changed since"),
        (lambda path: path.write_bytes(b"no sound at all"), "has changed since"),
        (lambda path: path.write_bytes(b""), "has changed since"),
        (lambda path: path.write_bytes(path.read_bytes()[:9044]), "promises 18000 .* 9000 are"),
        (lambda path: path.unlink(), "No such file"),
    ],
)
def test_a_file_that_changes_while_a_model_trains_is_one_line(tmp_path, change, told):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, subtype="PCM_16")
    found = windows((path, 0), (path, 6000))
    (before,) = batches(found)
    assert len(before) == 2
    change(path)
    with pytest.raises(UserError, match=f"clip.wav .*{told}") as error:
        batches(found)
    assert str(error.value).count("\n") == 0


def test_a_header_that_promises_more_than_there_is_is_told(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, sound(), RATE, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:9044])
    assert parse(path).frames == 4500
    with pytest.raises(UserError, match="promises 18000 bytes of sound and 9000 are there"):
        batches(windows((path, 4000)))
    with pytest.raises(UserError, match="promises 18000 bytes of sound and 9000 are there"):
        read_windows(path, RATE, [(4000, SAMPLES)])[0]


def test_the_header_of_a_recorder_that_crashed_is_told(tmp_path):
    path = tmp_path / "crashed.wav"
    path.write_bytes(wav(chunks((b"fmt ", form()), (b"data", b""))) + bytes(132_300))
    with pytest.raises(UserError, match="header says 0 bytes of sound, and 132300 follow"):
        read(path, RATE)
    with pytest.raises(UserError, match="ends before sample 2500"):
        batches(windows((path, 0)))


def test_a_size_that_was_never_written_is_all_that_follows(tmp_path):
    path = tmp_path / "piped.wav"
    samples = np.arange(4000, dtype="<i2").tobytes()
    head = wav(chunks((b"fmt ", form()))) + b"data" + struct.pack("<I", 2**32 - 1)
    path.write_bytes(head + samples)
    assert parse(path).frames == 4000
    (found,) = batches(windows((path, 1000)))
    np.testing.assert_array_equal(found[0], np.arange(1000, 3500) / 32_768)


def test_mp4_under_another_name_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(decoders, "has_ffmpeg", lambda: False)
    path = tmp_path / "song.mp3"
    path.write_bytes(struct.pack(">I", 32) + b"ftypM4A \0\0\2\0" + bytes(5000))
    for call in (lambda: read(path, RATE), lambda: batches(windows((path, 0)))):
        with pytest.raises(UserError, match="its content is MP4"):
            call()
