"""What lies in a folder beside the sound that is read is counted and named."""

import os

import numpy as np
import pytest
import soundfile

from kerasaudio.data.features import recordings
from kerasaudio.data.sound import clips, decoders
from kerasaudio.data.sound.sound_folder import walk
from kerasaudio.errors import UserError


def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(file, np.zeros(3000), 22_050, format="WAV")
    return path


def test_hidden_files_and_folders_are_passed_over_and_counted(tmp_path, capsys):
    for label in ("cat", "dog"):
        write(tmp_path / label / "0.wav")
        (tmp_path / label / "._0.wav").write_bytes(b"\0\5\x16\7")
    for hidden in (".ipynb_checkpoints", "dog/.ipynb_checkpoints", "@eaDir", "__MACOSX", ".git/a"):
        write(tmp_path / hidden / "x.wav")
    found = recordings.find(tmp_path)
    assert {(each.name, each.label) for each in found} == {
        ("cat/0.wav", "cat"),
        ("dog/0.wav", "dog"),
    }
    assert capsys.readouterr().err == "left out: 7 hidden\n"
    assert [clip.name for clip in clips.listed(tmp_path, ["cat", "dog"])] == ["0", "0"]


def test_what_cannot_be_read_is_named_by_suffix(tmp_path, monkeypatch):
    monkeypatch.setattr(decoders, "has_ffmpeg", lambda: False)
    write(tmp_path / "dog" / "0.wav")
    (tmp_path / "cat").mkdir()
    for name in ("0.m4a", "1.m4a", "2.wma", "notes.txt"):
        (tmp_path / "cat" / name).write_bytes(bytes(40))
    assert walk(tmp_path).left_out() == (
        "2 .m4a, 1 .wma, 1 .txt, first cat/0.m4a: install ffmpeg, or convert them to WAV or FLAC; "
        "nothing is read of the folder cat"
    )
    monkeypatch.setattr(decoders, "has_ffmpeg", lambda: True)
    assert walk(tmp_path).left_out() == "1 .txt, first cat/notes.txt"


def test_links_that_lead_out_are_counted(tmp_path, capsys):
    for label in ("cat", "dog"):
        write(tmp_path / "elsewhere" / label / "a.wav")
        (tmp_path / "links" / label).mkdir(parents=True)
        (tmp_path / "links" / label / "a.wav").symlink_to(tmp_path / "elsewhere" / label / "a.wav")
    with pytest.raises(UserError, match=r"no sound that can be read \(2 links that lead out of"):
        recordings.find(tmp_path / "links")
    (tmp_path / "links" / "rock").symlink_to(tmp_path / "elsewhere" / "dog")
    write(tmp_path / "links" / "cat" / "b.wav")
    assert [each.name for each in recordings.find(tmp_path / "links")] == ["b.wav"]
    assert "3 links" in capsys.readouterr().err
    found = clips.find(tmp_path / "links", ["cat", "rock"], 22_050, 100)
    assert found.total == 1 and "2 links" in found.left_out


def test_names_are_text_whatever_their_bytes_are(tmp_path):
    write(tmp_path / "cafe\u0301" / os.fsdecode(b"tango \xe9.wav"))  # é of macOS, and in Latin-1
    (found,) = recordings.find(tmp_path)
    assert (found.name, found.label) == ("tango \\xe9.wav", "caf\u00e9")
