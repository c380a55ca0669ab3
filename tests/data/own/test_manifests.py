"""Manifests of recordings: parts, groups, splits, several labels, one class against all else."""

import numpy as np
import pytest
import soundfile
from small_recordings import DATA, files, loaded, manifest, tone, write

from kerasaudio.data.own_sound import OwnSound
from kerasaudio.errors import UserError
from kerasaudio.experiment import Binary, MultiLabel
from kerasaudio.training import pipeline


def test_a_manifest_with_parts_groups_and_splits(root):
    rows = [
        {
            "file": f"sounds/{label}/{label[0]}{source}-0.wav",
            "label": label,
            "start": 0.1,
            "end": 0.7 if source % 2 else "",
            "group": f"farm {source}",
            "split": ("train", "val", "test")[source % 3],
        }
        for label in ("cow", "owl")
        for source in range(6)
    ]
    _, splits = loaded(root, **manifest(root, rows))
    assert files(splits.valid) == {row["file"] for row in rows if row["split"] == "val"}
    assert files(splits.test) == {row["file"] for row in rows if row["split"] == "test"}
    assert len(splits.train) == 2 * (1 + 3)  # 0.6 s hold one window, 0.9 s two and the end
    inputs, _ = next(pipeline.batches(splits.train, 1).as_numpy_iterator())
    wave = soundfile.read(root / rows[0]["file"])[0]
    np.testing.assert_allclose(inputs[0], wave[800:4800], atol=1e-6)
    assert "WARNING, groups in more than one split" not in splits.notes
    parted = [row | {"group": "one farm"} for row in rows]
    notes = loaded(root, **manifest(root, parted))[1].notes
    assert "such as one farm" in notes["WARNING, groups in more than one split"]
    free = [{name: row[name] for name in ("file", "label", "group")} for row in rows]
    for row in free:
        row["group"] = row["group"].replace("5", "4")
    _, splits = loaded(root, **manifest(root, free))
    sides = {}
    for name, each in splits:
        for clip in each.clips:
            sides.setdefault(clip[-7], set()).add(name)
    assert sides["4"] == sides["5"] and len(sides["4"]) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": "../../etc/passwd.wav"}, "line 2: the file is"),
        ({"start": "x"}, "line 2: start is 'x'"),
        ({"start": "2", "end": "1"}, "begins at 2 s and ends at 1 s"),
        ({"split": "later"}, "the split is 'later'"),
        ({"label": ""}, "has no label"),
        ({"label": "cow|owl"}, "data.answer=several"),
        ({"label": "pig"}, "unknown|too few|pig"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(root, change, words):
    row = {"file": "sounds/cow/c0-0.wav", "label": "cow", "start": "", "end": "", "split": ""}
    others = [
        row | {"file": f"sounds/{label}/{label[0]}{n}-1.wav", "label": label}
        for label in ("cow", "owl")
        for n in range(6)
    ]
    values = manifest(root, [row | change, *others])
    with pytest.raises(UserError, match=f"(?i){words}"):
        OwnSound(**(DATA | values), labels=("cow", "owl")).load(root)
    with pytest.raises(UserError, match="stands there twice"):
        loaded(root, **manifest(root, [row, row, *others]))


def test_each_part_of_a_bad_file_counts(root):
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-0.wav", "label": x, "start": at, "end": at + 0.5}
        for x in ("cow", "owl")
        for n in range(6)
        for at in (0, 0.5)
    ]
    (root / "sounds" / "cow" / "c0-0.wav").write_text("no sound")
    named = manifest(root, rows)
    with pytest.raises(UserError, match=r"2 of 24 parts of recordings cannot.*this is 8\.33 %"):
        loaded(root, **named)
    assert loaded(root, max_bad_files=0.09, **named)[1].notes["passed over"].count("c0-0") == 1


def test_several_labels_of_which_none_can_be_rated(root):
    rows = [
        {"file": f"sounds/cow/c{n}-{m}.wav", "label": "cow|owl", "split": side}
        for n, side in enumerate(("train", "train", "valid", "test", "test", "test"))
        for m in range(2)
    ]
    with pytest.raises(UserError, match="no label that some of its test windows have"):
        loaded(root, answer="several", **manifest(root, rows))


def test_several_labels(root):
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-{m}.wav", "label": ("cow|owl", "owl", "cow", "none")[n % 4]}
        for x in ("cow", "owl")
        for n in range(6)
        for m in range(2)
    ]
    values = manifest(root, rows) | {"answer": "several", "background": "none"}
    data, splits = loaded(root, **values)
    assert data.task == MultiLabel() and data.labels == ("cow", "owl")
    truth = dict(zip(splits.train.clips, splits.train.targets.tolist(), strict=True))
    wanted = {"cow|owl": [1, 1], "owl": [0, 1], "cow": [1, 0], "none": [0, 0]}
    for row in rows:
        if row["file"] in truth:
            assert truth[row["file"]] == wanted[row["label"]]
    with pytest.raises(UserError, match="data.answer=several"):
        loaded(root, **manifest(root, rows))


def test_one_class_against_all_else(root):
    for n in range(6):
        write(root / "sounds" / "other" / f"o{n}.wav", tone(3000 + n, 1))
    data, splits = loaded(root, target="owl", background="other")
    assert data.task == Binary() and data.labels == ("other", "owl")
    for clip, target in zip(splits.train.clips, splits.train.targets, strict=True):
        assert target == clip.startswith("owl")
    assert any(clip.startswith("cow") for clip in splits.train.clips)
    with pytest.raises(UserError, match="data.target is 'bat'"):
        loaded(root, target="bat")
