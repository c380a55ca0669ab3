"""The journal of a table gives right rows or none, whatever happens to it."""

import numpy as np
import pytest
import soundfile

from kerasaudio.data.features import feature_table, recordings
from kerasaudio.data.features.journal import Journal
from kerasaudio.data.features.recordings import COLUMNS
from kerasaudio.data.files import NotWritten
from kerasaudio.errors import UserError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "music").mkdir()
    for name in ("=a", "b", "c"):
        soundfile.write(tmp_path / "music" / f"{name}.wav", np.zeros(3000), 22_050)
    return tmp_path / "music"


def row(recording):
    return [recording.name, 3000, *np.linspace(0, 1, len(COLUMNS) - 3).tolist(), "=label"]


def opened(path):
    return Journal.open(path, {"folder": "music", "seconds": 30})


def filled(path, folder):
    journal = opened(path)
    for each in recordings.find(folder):
        journal.add(each, [row(each)])
    return journal


def test_no_wrong_bit_changes_a_row(tmp_path, folder):
    path = tmp_path / "t.journal"
    filled(path, folder)
    found, data = recordings.find(folder), path.read_bytes()
    expected = [row(each) for each in found]
    for place in range(0, len(data), 61):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            again = opened(path)
        except UserError as error:
            assert "remove it" in str(error) and place < data.index(b"\n")
            continue
        kept = [rows[0] for rows in again.values.values()]
        assert len(kept) >= len(found) - 2  # a line, or two where the break between them is wrong
        assert all(each in expected for each in kept)


def test_the_table_holds_no_formulas(tmp_path, folder):
    journal = filled(tmp_path / "t.journal", folder)
    feature_table._finish(tmp_path / "t.csv", journal, recordings.find(folder))
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[1].startswith("'=a.wav,3000,0.0,") and lines[1].endswith(",'=label")


def test_links_are_not_followed_and_a_full_disk_is_one_line(tmp_path, folder):
    precious = tmp_path / "precious"
    precious.write_text("old")
    for name in ("t.csv", "u.csv.journal"):
        (tmp_path / name).symlink_to(precious)
    for name in ("t.csv", "u.csv"):
        with pytest.raises(NotWritten, match="it is a link"):
            feature_table.write(folder, tmp_path / name, 30)
    assert precious.read_text() == "old"
    journal = filled(tmp_path / "v.journal", folder)
    journal.path.unlink()
    journal.path.symlink_to("/dev/full")
    (first, *_) = recordings.find(folder)
    with pytest.raises(NotWritten, match=r"No space left.*the same command goes on"):
        journal.add(first, [row(first)])
