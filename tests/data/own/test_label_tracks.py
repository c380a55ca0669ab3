"""Label tracks of Audacity and Raven beside long recordings."""

import pytest
from small_recordings import loaded, tone, write

from kerasaudio.data.own.label_tracks import Event, read_track, tracks_of
from kerasaudio.errors import UserError

AUDACITY = "0.5\t1.0\tcow\n\\\t300.0\t900.0\n2\t2.5\towl\n"
RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tAnnotation\n"
    "1\tWaveform 1\t1\t0.5\t1.0\t300\tcow\n1\tSpectrogram 1\t1\t0.5\t1.0\t300\tcow\n"
    "2\tSpectrogram 1\t1\t2\t2.5\t300\towl\n"
)


@pytest.mark.parametrize(
    ("name", "text"), [("r{}.txt", AUDACITY), ("r{}.Table.1.selections.txt", RAVEN)]
)
def test_long_recordings_with_label_tracks(tmp_path, name, text):
    folder = tmp_path / "sounds"
    for n in range(6):
        write(folder / f"r{n}.wav", tone(500, 3, seed=n))
        (folder / name.format(n)).write_text(text)
    events = read_track(folder / name.format(0), "label")
    assert events == (Event(0.5, 1.0, "cow"), Event(2.0, 2.5, "owl"))
    data, splits = loaded(tmp_path, background="quiet")
    assert data.labels == ("cow", "owl", "quiet") and not splits.test.clips
    truth = dict(zip(splits.test.ids, splits.test.targets.tolist(), strict=True))
    recording = splits.test.ids[0].partition("#")[0]
    found = [data.labels[truth[f"{recording}#{n}"]] for n in range(11)]  # at 0, 0.25, ... s
    assert found == ["quiet", "cow", "cow", "cow", *["quiet"] * 3, "owl", "owl", "owl", "quiet"]
    assert len({member.partition("#")[0] for member in splits.test.ids}) == 2
    _, without = loaded(tmp_path)
    assert without.notes["windows left out, no label or more than one"] == 6 * 5


def test_a_track_that_is_wrong_is_told(tmp_path):
    (tmp_path / "x.txt").write_text("0.5\t1\tcow\nlater\t2\towl\n")
    with pytest.raises(UserError, match="line 2: found 'later'"):
        read_track(tmp_path / "x.txt", "label")
    (tmp_path / "x.txt").write_text("Begin Time (s)\tEnd Time (s)\tWhat\n0\t1\tcow\n")
    with pytest.raises(UserError, match="Begin Time.*data.label_column"):
        read_track(tmp_path / "x.txt", "label")
    assert read_track(tmp_path / "x.txt", "What") == (Event(0, 1, "cow"),)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("0\t1\tcow\n0\t1\tcow\tmore\n", "is not a readable selection table"),
        ('0\t1\t"cow\n', "is not a readable selection table"),
        ("0\t1\tcow\tmore\n", "more cells in a row than names in its header"),
    ],
)
def test_a_selection_table_that_is_no_table_is_told(tmp_path, row, words):
    (tmp_path / "x.txt").write_text(f"Begin Time (s)\tEnd Time (s)\tSpecies\n{row}")
    with pytest.raises(UserError, match=words):
        read_track(tmp_path / "x.txt", "label")


def test_windows_are_scored_alike_in_all_folds_if_some_recordings_have_tracks(root):
    for n in range(3):
        write(root / "sounds" / f"long{n}.wav", tone(500, 3, seed=n))
        (root / "sounds" / f"long{n}.txt").write_text(AUDACITY)
    tests = [loaded(root, fold=fold)[1].test for fold in range(3)]
    assert all(test.clips == () for test in tests)
    assert len(tests[0] + tests[1]) == len(tests[0]) + len(tests[1])


def test_label_tracks_are_found_by_names_with_dots(tmp_path):
    names = ("a.txt", "b.1.Table.1.selections.txt", "other.csv.txt")
    found = tracks_of([tmp_path / name for name in names])
    assert found[tmp_path / "a"].name == "a.txt"
    assert found[tmp_path / "b.1"] == found[tmp_path / "b"] == tmp_path / names[1]
    assert tmp_path / "other" not in found
