import os
import shutil

import numpy as np
import pytest
import soundfile

LENGTH = 661_794
RATE = 22_050


@pytest.fixture
def clips(tmp_path):
    """Five good clips of GTZAN's length: two train, one validates, one tests, one does neither."""
    folder = tmp_path / "root" / "gtzan" / "genres_original"
    for seed, name in enumerate(
        ("rock.00000", "rock.00001", "rock.00038", "rock.00010", "jazz.00073")
    ):
        path = folder / name.partition(".")[0] / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, LENGTH), RATE)
    return folder


def test_a_sound_set_in_part_is_healthy(command, clips):
    told = command("doctor", "gtzan", "--data", clips.parents[1])
    assert told.code == 0, told.err
    assert "995 clips: blues.00000" in told.out
    assert "none of these affects training" in told.out


def test_a_set_of_which_nothing_is_there_is_refused(command, clips, tmp_path):
    home = tmp_path / "linked" / "gtzan" / "genres_original"
    home.mkdir(parents=True)
    (home / "rock").symlink_to(clips / "rock")
    told = command("doctor", "gtzan", "--data", tmp_path / "linked")
    assert told.code == 2
    assert "left out: 1 links that lead out of" in told.err
    assert "genres_original holds no clip that can be read" in told.err


def test_every_fault_is_told_by_name(command, clips):
    rock, jazz = clips / "rock", clips / "jazz"
    (rock / "rock.00002.wav").write_text("text")
    (rock / "rock.00003.wav").write_bytes(b"")
    soundfile.write(rock / "rock.00004.wav", np.ones(220) / 2, RATE)
    soundfile.write(rock / "rock.00005.wav", np.zeros(LENGTH), RATE)
    soundfile.write(
        rock / "rock.00006.wav", np.sign(np.random.default_rng(0).normal(size=LENGTH)), RATE
    )
    soundfile.write(
        rock / "rock.00007.wav", np.random.default_rng(9).uniform(-0.5, 0.5, 30 * 16_000), 16_000
    )
    shutil.copy(rock / "rock.00000.wav", rock / "rock.00050.wav")
    shutil.copy(rock / "rock.00001.wav", rock / "rock.00008.wav")
    shutil.copy(rock / "rock.00038.wav", jazz / "jazz.00098.wav")
    shutil.copy(rock / "rock.00010.wav", jazz / "mine.wav")
    told = command("doctor", "gtzan", "--data", clips.parents[1])
    assert told.code == 1
    lines = {
        line[2:].partition(":")[0]: line
        for line in told.out.splitlines()
        if line[:2] in ("! ", "  ")
    }
    assert (
        lines["unreadable    rock.00002.wav"][0] == lines["unreadable    rock.00003.wav"][0] == "!"
    )
    assert "220 samples" in lines["wrong length  rock.00004.wav"]
    assert lines["silent        rock.00005.wav"][0] == "!"
    assert "100.0%" in lines["clipped       rock.00006.wav"]
    assert "16000 Hz" in lines["wrong rate    rock.00007.wav"]
    assert "one in train and one in valid" in lines["identical     rock.00050.wav"]
    assert lines["identical     rock.00050.wav"][0] == "!"
    assert lines["identical     rock.00008.wav"][0] == " "
    assert "extra         mine" in lines
    assert "identical     rock.00038.wav" in lines or "identical     jazz.00098.wav" in lines


def test_a_name_that_is_no_utf_8_is_written_alike_everywhere(command, clips):
    shutil.copy(clips / "jazz" / "jazz.00073.wav", clips / "rock" / os.fsdecode(b"caf\xe9.wav"))
    told = command("doctor", "gtzan", "--data", clips.parents[1])
    assert "extra         caf\\xe9: not a clip" in told.out
    assert "caf\\xe9.wav" in told.out and "udce9" not in told.out


def test_no_set_is_one_line(command, tmp_path):
    told = command("doctor", "gtzan", "--data", tmp_path)
    assert (told.code, told.err.count("\n")) == (2, 1)
