"""Clips that are broken, change, or lie outside of the set."""

import numpy as np
import pytest
from small_set import load, wave

from kerasaudio.data.magnatagatune import clip_files
from kerasaudio.errors import UserError
from kerasaudio.training import pipeline


def _pickled(path):
    np.save(path, np.array([None, 1], dtype=object), allow_pickle=True)


BROKEN = {
    "pickled objects": _pickled,
    "the shape (20, 20)": lambda path: np.save(path, wave(0).reshape(20, 20)),
    "the shape (10, 40), column by column": lambda path: np.save(
        path, np.asfortranarray(wave(0).reshape(10, 40))
    ),
    "holds int64": lambda path: np.save(path, wave(0).astype(np.int64)),
    "holds >i2": lambda path: np.save(path, wave(0).astype(">i2")),
    "has 40 samples": lambda path: np.save(path, wave(0)[:40]),
    "is truncated": lambda path: (np.save(path, wave(0)), path.write_bytes(path.read_bytes()[:-7])),
    "is empty": lambda path: path.write_bytes(b""),
    "no .npy file": lambda path: path.write_bytes(b"RIFF and so on, for a while"),
    "is no .npy file": lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\x06\x00{oops}"),
    "in multi-line statement": lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\x06\x00(((((("),
    "invalid syntax": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\x00\x37\x00{'descr': ',f4', 'fortran_order': False, 'shape': (9,)}"
    ),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_clip_is_one_line_or_passed_over_by_name(home, reason):
    BROKEN[reason](home / "d" / "clip-13.npy")
    with pytest.raises(UserError) as told:
        load(home)
    assert (
        reason in str(told.value)
        and "clip-13.npy" in str(told.value)
        and "\n" not in str(told.value)
    )
    splits = load(home, max_bad_files=0.1)
    assert "clip-13.npy" in splits.notes["passed over"]
    assert splits.test.ids == ("e/clip-14", "f/clip-15")


def test_what_is_not_a_number_is_one_line(home):
    samples = (wave(13) / 32_768).astype(np.float32)
    samples[7] = np.nan
    np.save(home / "d" / "clip-13.npy", samples)
    with (
        pytest.raises(UserError, match=r"clip-13\.npy holds samples that are not numbers"),
        pipeline.reading(),
    ):
        list(pipeline.batches(load(home).test, 8))


def test_a_file_that_changes_or_goes_after_loading_is_one_line(home):
    splits = load(home)
    np.save(home / "d" / "clip-13.npy", wave(0)[:40])
    with pytest.raises(UserError, match=r"clip-13\.npy has changed"), pipeline.reading():
        list(pipeline.batches(splits.test, 8))
    (home / "d" / "clip-13.npy").unlink()
    with pytest.raises(UserError, match=r"clip-13\.npy.*No such file"), pipeline.reading():
        list(pipeline.batches(splits.test, 8))


def test_links_that_lead_out_of_the_set_are_left_alone(home, tmp_path):
    (home / "d" / "clip-13.npy").rename(tmp_path / "outside.npy")
    (home / "d" / "clip-13.npy").symlink_to(tmp_path / "outside.npy")
    assert "d/clip-13" not in clip_files(home)
    with pytest.raises(UserError, match="lacks 1 of the clips"):
        load(home)


def test_folders_that_lead_out_of_the_set_are_left_alone_and_counted(home, tmp_path, capsys):
    (home / "d").rename(tmp_path / "outside")
    (home / "d").symlink_to(tmp_path / "outside")
    assert not any(name.startswith("d/") for name in clip_files(home))
    assert capsys.readouterr().err == f"left out: 1 links that lead out of {home}\n"
