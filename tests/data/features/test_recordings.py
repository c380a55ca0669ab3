"""Which files a folder has, how they are read, and where they are cut."""

import numpy as np
import pytest
import soundfile

from kerasaudio.data.features import recordings
from kerasaudio.data.features.gtzan_features import RATE
from kerasaudio.data.sound.read import read
from kerasaudio.errors import UserError


def noise(seconds, rate=RATE, channels=1):
    return 0.1 * np.random.default_rng(0).normal(size=(int(seconds * rate), channels))


def write(path, seconds=1.0, rate=RATE, channels=1, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(seconds, rate, channels), rate, **options)
    return path


@pytest.mark.parametrize(
    ("suffix", "rate", "channels", "options"),
    [
        ("wav", 44_100, 2, {}),
        ("wav", 48_000, 1, {"subtype": "PCM_24"}),
        ("wav", 16_000, 1, {"subtype": "FLOAT"}),
        ("au", 22_050, 1, {}),
        ("flac", 22_050, 2, {}),
        ("ogg", 44_100, 1, {}),
        ("mp3", 44_100, 2, {}),
    ],
)
def test_read_is_librosa_load(tmp_path, suffix, rate, channels, options):
    import librosa

    path = write(tmp_path / f"clip.{suffix}", 1.3, rate, channels, **options)
    expected, _ = librosa.load(path, sr=RATE)
    found = read(path, RATE)
    assert found.dtype == np.float32
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "could not be read"),
        (b"no sound at all" * 99, "could not be read"),
        (None, "was not found"),
    ],
)
def test_read_says_what_is_wrong(tmp_path, content, reason):
    path = tmp_path / "clip.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=f"{path} {reason}"):
        read(path, RATE)


def test_read_refuses_no_samples_and_no_numbers(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan, 0.5]), RATE, subtype="FLOAT")
    with pytest.raises(UserError, match="no samples"):
        read(tmp_path / "empty.wav", RATE)
    with pytest.raises(UserError, match="not numbers"):
        read(tmp_path / "nan.wav", RATE)


def test_find_names_and_labels(tmp_path):
    for name in ("jazz/a.wav", "jazz/live/b.wav", "rock/a.wav", "c.WAV"):
        write(tmp_path / "music" / name)
    (tmp_path / "music" / "cover.jpg").write_bytes(b"jpg")
    write(tmp_path / "elsewhere" / "d.wav")
    (tmp_path / "music" / "jazz" / "link.wav").symlink_to(tmp_path / "elsewhere" / "d.wav")
    found = {(clip.name, clip.label) for clip in recordings.find(tmp_path / "music")}
    assert found == {
        ("jazz/a.wav", "jazz"),
        ("b.wav", "live"),
        ("rock/a.wav", "rock"),
        ("c.WAV", ""),
    }


def test_find_wants_a_folder_with_sound(tmp_path):
    with pytest.raises(UserError, match="no sound"):
        recordings.find(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        recordings.find(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("samples", "seconds", "lengths"),
    [
        (661_794, 30, [661_794]),  # most of GTZAN's clips
        (660_000, 30, [660_000]),
        (675_808, 30, [675_808]),
        (661_794, 3, [66_150] * 10),
        (660_000, 3, [66_150] * 9),
        (70 * RATE, 30, [30 * RATE, 40 * RATE]),
        (66_149, 3, []),
        (2047, 30, []),
    ],
)
def test_cut(samples, seconds, lengths):
    whole = np.arange(samples)
    pieces = recordings.cut(whole, seconds)
    assert [len(piece) for piece in pieces] == lengths
    if pieces:
        np.testing.assert_array_equal(np.concatenate(pieces), whole[: sum(lengths)])
