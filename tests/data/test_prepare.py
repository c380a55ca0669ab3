"""prepare magnatagatune, and doctor on what it made."""

import csv
import shutil

import numpy as np
import pytest
import soundfile
import soxr

from kerasaudio.data.magnatagatune import SAMPLES
from kerasaudio.data.magnatagatune_tags import FILE, SYNONYMS, TAGS

BROKEN = "6/norine_braun-now_and_zen-08-gently-117-146"


def annotate(home, clips):
    """An annotation file as published, of clips by clip_id."""
    every = sorted(
        {*TAGS["merged"], *TAGS["top50"], *(name for names in SYNONYMS.values() for name in names)}
    )
    with (home / FILE).open("w", newline="") as file:
        rows = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        rows.writerow(["clip_id", *every, "mp3_path"])
        rows.writerows(
            [number, *[int(tag == "guitar") for tag in every], f"{clip}.mp3"]
            for number, clip in clips.items()
        )


@pytest.fixture
def root(tmp_path):
    """Two whole clips, one of no bytes as published, one that is too short, one that is text."""
    home = tmp_path / "root" / "magnatagatune"
    for part in "056ef":
        (home / part).mkdir(parents=True)
    random = np.random.default_rng(0)
    for clip in ("0/one", "e/two"):
        sound = 0.3 * soxr.resample(random.uniform(-1, 1, 29_124 * 2), 2_000, 16_000)
        soundfile.write(home / f"{clip}.mp3", sound, 16_000)
    (home / f"{BROKEN}.mp3").touch()
    soundfile.write(home / "f" / "short.mp3", np.zeros(16_000), 16_000)
    (home / "5" / "text.mp3").write_text("no sound")
    annotate(home, {1: "0/one", 2: "e/two", 35_644: BROKEN, 4: "f/short", 5: "5/text", 6: "b/gone"})
    return tmp_path / "root"


def test_arrays_hold_what_soundfile_and_soxr_give(command, root):
    told = command("prepare", "magnatagatune", "--data", root, "--workers", 2)
    assert told.code == 0, told.err
    assert "2 clips, 3 passed over" in told.out
    for name in (f"{BROKEN}.mp3", "short.mp3 is too short, 1.00 s", "text.mp3 could not be read"):
        assert name in told.err
    home = root / "magnatagatune"
    samples, rate = soundfile.read(home / "e" / "two.mp3", dtype="float32")
    expected = soxr.resample(samples, rate, 12_000, quality="HQ")[:SAMPLES]
    found = np.load(home / "e" / "two.npy")
    assert (found.dtype, found.shape) == (np.int16, (SAMPLES,))
    assert np.abs(found[: len(expected)] / 32_768 - expected).max() <= 0.5 / 32_768 + 1e-7
    assert sorted(path.name for path in home.rglob("*.npy")) == ["one.npy", "two.npy"]
    assert not list(home.rglob("*.partial"))


def test_the_same_command_goes_on_where_it_was(command, root):
    assert command("prepare", "magnatagatune", "--data", root).code == 0
    done, cut = root / "magnatagatune" / "0" / "one.npy", root / "magnatagatune" / "e" / "two.npy"
    before, whole = done.stat().st_mtime_ns, cut.read_bytes()
    cut.write_bytes(whole[:1000])
    told = command("prepare", "magnatagatune", "--data", root)
    assert "go on     1 of 5 clips" in told.out
    assert done.stat().st_mtime_ns == before
    assert cut.read_bytes() == whole


def test_another_root_gets_the_annotations_too(command, root, tmp_path):
    told = command("prepare", "magnatagatune", "--data", root, "--out", tmp_path / "other")
    assert told.code == 0, told.err
    home = tmp_path / "other" / "magnatagatune"
    assert sorted(
        path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()
    ) == [
        "0/one.npy",
        FILE,
        "e/two.npy",
    ]
    assert not list(root.rglob("*.npy"))


def test_no_set_is_one_line(command, tmp_path):
    for name in ("prepare", "doctor"):
        told = command(name, "magnatagatune", "--data", tmp_path)
        assert (told.code, told.err.count("\n")) == (2, 1)


def test_the_doctor_counts_what_does_not_belong_together_and_names_what_is_broken(command, root):
    command("prepare", "magnatagatune", "--data", root)
    home = root / "magnatagatune"
    shutil.copy(home / "0" / "one.npy", home / "0" / "mine.npy")
    np.save(home / "0" / "one.npy", np.zeros(SAMPLES, np.int16))
    np.save(home / "e" / "two.npy", np.full(SAMPLES, np.nan, np.float32))
    told = command("doctor", "magnatagatune", "--data", root)
    assert told.code == 1, told.err
    lines = {line[2:].partition(":")[0]: line for line in told.out.splitlines()}
    assert "missing       1 clips" in lines and "b/gone" in lines["missing       1 clips"]
    assert "0/mine" in lines["not annotated 1 clips"]
    assert lines["silent        0/one"].startswith("!")
    assert lines["not numbers   e/two"].startswith("!")
    assert lines["unusable      f/short"].startswith("!")
    assert lines["unusable      5/text"].startswith("!")
    assert lines[f"unusable      {BROKEN}"].startswith(" ")
    assert "4 of these affect training" in told.out


def test_the_doctor_refuses_an_annotation_that_leads_out_of_the_set(command, root):
    annotate(root / "magnatagatune", {1: "../../etc/passwd"})
    told = command("doctor", "magnatagatune", "--data", root)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "'../../etc/passwd.mp3' in line 2" in told.err
