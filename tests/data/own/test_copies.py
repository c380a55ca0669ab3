"""Recordings that are in two splits are found by what they sound like."""

import numpy as np
import soundfile

from kerasaudio.data.own.copies import MAYBE, find_copies
from kerasaudio.data.own.heard import fingerprint, listen

RATE = 8000


def test_a_fingerprint_survives_a_codec_and_tells_recordings_apart(real_data, tmp_path):
    clips = sorted((real_data / "esc10" / "rain").glob("*.ogg"))[:8]
    sounds = [soundfile.read(path)[0] for path in clips]
    prints = np.stack([fingerprint(sound, 44_100) for sound in sounds])
    others = []
    for sound in sounds:
        soundfile.write(tmp_path / "x.mp3", 0.5 * sound, 44_100)
        others.append(fingerprint(soundfile.read(tmp_path / "x.mp3")[0][: len(sound)], 44_100))
    found = prints @ np.stack(others).T
    assert np.diag(found).min() > MAYBE > 0.5 > (found - np.diag(np.diag(found))).max()


def test_one_voice_that_says_a_word_twice_is_no_copy(real_data, tmp_path):
    words = sorted((real_data / "fsdd" / "recordings").glob("3_jackson_*.wav"))[:20]
    known = listen(words, RATE)
    assert not find_copies({path.name: known[path] for path in words})
    late = np.pad(soundfile.read(words[4])[0], (80, 0))
    soundfile.write(tmp_path / "late.wav", 0.5 * late, RATE)
    known |= listen([tmp_path / "late.wav"], RATE)
    found = find_copies({path.name: each for path, each in known.items()})
    assert [{copy.first, copy.second} for copy in found] == [{words[4].name, "late.wav"}]


def test_many_copies_of_one_recording_stand_beside_the_first(tmp_path):
    noise = np.random.default_rng(0).normal(size=2 * RATE)
    for number in range(5):
        soundfile.write(tmp_path / f"{number}.wav", 0.02 * (1 + number) * noise, RATE)
    known = listen(sorted(tmp_path.glob("*.wav")), RATE)
    found = find_copies({path.name: each for path, each in known.items()})
    assert [copy.first for copy in found] == ["0.wav"] * 4
    assert [copy.second for copy in found] == ["1.wav", "2.wav", "3.wav", "4.wav"]
